import { KBrokerError } from "../../domain/error.ts";

/** Changes that may wait for their turn. */
const CHANGES_WAITING_MAX = 1_000;

export type InTurn = <T>(change: () => Promise<T>) => Promise<T>;

/**
 * Runs one change of the catalog after the other on this node, so that a check of what exists still holds when the change is
 * made. Fails with `overloaded` when too many wait.
 */
export function createInTurn(countMax = CHANGES_WAITING_MAX): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  return async (change) => {
    if (waiting >= countMax) {
      throw new KBrokerError("overloaded", `${waiting} changes wait for their turn.`, { retryAfterS: 1 });
    }
    waiting += 1;
    const turn = last.then(change).finally(() => {
      waiting -= 1;
    });
    // The next change runs whether or not this one fails; its own caller hears of the failure.
    last = turn.catch(() => undefined);
    return turn;
  };
}
