import type { Address } from "./links.ts";

export interface Candidate {
  /** `undefined`: not known. */
  readonly node: number | undefined;
  readonly address: Address;
}

/** Whom to ask where any broker will do. */
export interface Turns {
  /** Each once; those that failed come last, the latest of them at the end: one that stands still is not asked again and again. */
  all(): readonly Candidate[];
  failed(address: Address): void;
}

export function createTurns(candidates: () => readonly Candidate[]): Turns {
  /** In the order in which they failed. */
  let failed: readonly string[] = [];
  return {
    all() {
      const known = new Map<string, Candidate>();
      for (const each of candidates()) if (!known.has(keyOf(each.address))) known.set(keyOf(each.address), each);
      failed = failed.filter((key) => known.has(key));
      const well = Array.from(known).filter(([key]) => !failed.includes(key));
      return [...well.map(([, each]) => each), ...failed.flatMap((key) => known.get(key) ?? [])];
    },
    failed(address) {
      const key = keyOf(address);
      failed = [...failed.filter((each) => each !== key), key];
    },
  };
}

function keyOf({ host, port }: Address): string {
  return `${host}:${port}`;
}
