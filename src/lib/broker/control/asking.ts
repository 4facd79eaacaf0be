import { KBrokerError } from "../../domain/error.ts";
import type { Asking } from "./control.ts";

/** Databases that are asked for operators at the same time; each may take its time, and holds connections meanwhile. */
export const ASKED_AT_ONCE_MAX = 16;

/** Runs what asks a database; it takes its turn among the changes by itself. Fails with `overloaded` when too many are asked. */
export function createAsking(
  deps: Asking & { readonly checkOpen: () => void },
): <T>(act: (asking: Asking) => Promise<T>) => Promise<T> {
  let asked = 0;

  return async (act) => {
    deps.checkOpen();
    if (asked >= ASKED_AT_ONCE_MAX) {
      throw new KBrokerError("overloaded", `${asked} databases are being asked already.`, { retryAfterS: 1 });
    }
    asked += 1;
    try {
      return await act(deps);
    } finally {
      asked -= 1;
    }
  };
}
