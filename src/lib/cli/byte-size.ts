import { KBrokerError } from "../domain/error.ts";

const UNITS: readonly (readonly [unit: string, bytes: bigint])[] = [
  ["TiB", 1_024n ** 4n],
  ["TB", 1_000n ** 4n],
  ["GiB", 1_024n ** 3n],
  ["GB", 1_000n ** 3n],
  ["MiB", 1_024n ** 2n],
  ["MB", 1_000n ** 2n],
  ["KiB", 1_024n],
  ["kB", 1_000n],
  ["B", 1n],
];

/** "500MB" → 500 000 000, "1.5GiB" → 1 610 612 736, exactly; `undefined` for what is no size, or no whole number of bytes above 0. */
export function parseByteSize(text: string): number | undefined {
  const [, whole = "", fraction = "", given = ""] = /^(\d{1,16})(?:\.(\d{1,16}))?([A-Za-z]+)$/.exec(text) ?? [];
  const [, unit] = UNITS.find(([name]) => name.toLowerCase() === given.toLowerCase()) ?? [];
  if (unit === undefined) return undefined;
  const scale = 10n ** BigInt(fraction.length);
  const scaled = BigInt(`${whole}${fraction}`) * unit;
  const bytes = Number(scaled / scale);
  return scaled % scale === 0n && bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Like `parseByteSize`, but fails with `usage` that names `what`. */
export function byteSize(text: string, what: string): number {
  const bytes = parseByteSize(text);
  if (bytes !== undefined) return bytes;
  throw new KBrokerError("usage", `${what} is ${JSON.stringify(text)}, which is not a number of bytes.`, {
    hint: "Write a number and a unit: 500MB, 1GiB, 1.5GiB.",
  });
}

/** `bytes` exactly, in the largest unit that divides it, as `parseByteSize` reads it: "1GiB", "500MB". */
export function byteSizeText(bytes: number): string {
  const [name, unit] = UNITS.find(([, size]) => BigInt(bytes) % size === 0n) ?? ["B", 1n];
  return `${BigInt(bytes) / unit}${name}`;
}
