/** `npm run test:faults:kafka` asks for the long forms; the gate runs the short ones. The code is the same. */
const isLong = process.env.KBROKER_TEST_FAULTS === "long";

export function length<T>(short: T, long: T): T {
  return isLong ? long : short;
}

/** A bound on what hangs, not on what is slow. */
export const FAULT_MS_MAX = length(300_000, 3_600_000);
