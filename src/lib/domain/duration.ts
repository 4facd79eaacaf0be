import { KBrokerError } from "./error.ts";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `"90s"`, `"1.5h"`, `"3d"` or a sum such as `"1h30m"` in whole milliseconds; `undefined` for anything else. A bare number has no unit and is refused. */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g);
  const totalMs = Array.from(parts).reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ""] ?? 0),
    0,
  );
  return Number.isSafeInteger(Math.round(totalMs)) ? Math.round(totalMs) : undefined;
}

/** Like `parseDurationMs`, but fails with `invalid_request` that names `what`. */
export function durationMs(text: string, what: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined) return ms;
  throw new KBrokerError("invalid_request", `${what} is "${text}", which is not a duration.`, {
    hint: "Write a number and a unit: 500ms, 30s, 5m, 2h, 3d.",
  });
}

/** `ms` exactly, as `parseDurationMs` reads it: `"1h30m"`, `"1s500ms"`. */
export function durationText(ms: number): string {
  let rest = ms;
  let text = "";
  for (const [unit, unitMs] of Object.entries(UNIT_MS).toReversed()) {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === "" ? "0ms" : text;
}

/** The two largest units of `ms`, for people: `"3d 4h"`, `"2m 5s"`, `"850ms"`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`;
  const parts: string[] = [];
  let restS = Math.round(ms / 1_000);
  for (const [unit, seconds] of [
    ["d", 86_400],
    ["h", 3_600],
    ["m", 60],
    ["s", 1],
  ] as const) {
    const count = Math.floor(restS / seconds);
    restS -= count * seconds;
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join(" ");
}
