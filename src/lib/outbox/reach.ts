import { lookup } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { addressGuard } from "./address.ts";
import { guardedLookup } from "./lookup.ts";

/** The rules of a push's address for other things that the broker connects to. */
export interface Reach {
  /** For `net.connect`: gives only addresses that may be connected to. */
  readonly lookup: LookupFunction;
  /** Why a literal address must not be connected to (no lookup happens for those); `undefined`: it may. */
  readonly problem: (address: string) => string | undefined;
}

export function openReach(): Reach {
  const guard = addressGuard();
  return { lookup: guardedLookup(lookup, guard), problem: (address) => guard.problem(address) };
}
