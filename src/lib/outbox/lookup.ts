import type { LookupAddress, LookupAllOptions } from "node:dns";
import type { LookupFunction } from "node:net";
import { atMost } from "../domain/at-most.ts";
import type { AddressGuard } from "./address.ts";
import { ForbiddenAddress } from "./words.ts";

/** Name resolution as `dns.lookup` does it: all addresses of a host. */
export type Resolve = (hostname: string, options: LookupAllOptions) => Promise<LookupAddress[]>;

/** Lookups at once: they run on the four threads that also write the journal to disk, and a dead DNS server holds each for seconds. */
const LOOKUPS_MAX = 2;

/** A lookup for `net.connect` that gives only addresses which may be connected to. Callers that ask for one host at a time share a lookup. */
export function guardedLookup(resolve: Resolve, guard: AddressGuard): LookupFunction {
  const running = new Map<string, Promise<LookupAddress[]>>();
  const limited = atMost(LOOKUPS_MAX);

  function shared(hostname: string, options: LookupAllOptions): Promise<LookupAddress[]> {
    const key = `${hostname} ${options.family ?? 0} ${options.hints ?? 0}`;
    const current = running.get(key);
    if (current !== undefined) return current;
    const started = limited(() => resolve(hostname, options)).finally(() => running.delete(key));
    running.set(key, started);
    return started;
  }

  return (hostname, { family, hints, all }, callback) => {
    const options: LookupAllOptions = {
      all: true,
      ...(family === undefined ? {} : { family }),
      ...(hints === undefined ? {} : { hints }),
    };
    shared(hostname, options).then(
      (addresses) => {
        const allowed = addresses.filter(({ address }) => guard.problem(address) === undefined);
        const [first] = allowed;
        if (first === undefined) callback(refusal(hostname, addresses, guard), "");
        else if (all === true) callback(null, allowed);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ""),
    );
  };
}

function refusal(hostname: string, addresses: readonly LookupAddress[], guard: AddressGuard): Error {
  const [address] = addresses;
  const problem = address === undefined ? undefined : guard.problem(address.address);
  return new ForbiddenAddress(
    problem === undefined ? `no address for host ${hostname}` : `host ${hostname}: ${problem}`,
  );
}
