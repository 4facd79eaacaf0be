import { KBrokerError } from "../../domain/error.ts";
import type { BrokerDeps } from "../broker.ts";
import type { CatalogView } from "../catalog-view.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { ConnectorRemovals } from "./connector-removals.ts";
import type { ControlDuty } from "./duty.ts";
import type { InTurn } from "./in-turn.ts";
import type { LetterIndex } from "./letter-index.ts";

/** What every use case of an operator works with. */
export interface Control extends Omit<BrokerDeps, "post" | "random"> {
  readonly view: CatalogView;
  readonly delivery: Delivery;
  readonly duty: ControlDuty;
  readonly inTurn: InTurn;
  readonly letterIndex: LetterIndex;
  readonly removals: ConnectorRemovals;
  /** The time by which messages expire (`domain/expiry.ts`). */
  readonly expiryNow: () => number;
}

/** For use cases that ask a database, which may take its time: they wait for their turn among the changes only once it has answered. */
export interface Asking extends Control {
  readonly change: <T>(act: () => Promise<T>) => Promise<T>;
}

export type Undo = () => Promise<unknown>;

/**
 * Runs the steps of a change that storage cannot make at once. When one fails, what was done is undone, newest first, and the
 * failure is thrown as it is; an undo that fails is reported, and what it leaves behind is never believed (it has an id of its own).
 */
export async function allOrNothing<T>(
  steps: (undo: (step: Undo) => void) => Promise<T>,
  { observer }: Pick<Control, "observer">,
): Promise<T> {
  const undos: Undo[] = [];
  try {
    return await steps((undo) => undos.push(undo));
  } catch (error) {
    for (const undo of undos.reverse()) {
      await undo().catch((error: unknown) =>
        observer.log("warn", "A change that failed could not be undone whole.", { error }),
      );
    }
    throw error;
  }
}

/** Turns a lost race for a document into what it means to the caller; other failures stay as they are. */
export async function orOnConflict<T>(put: Promise<T>, lost: () => KBrokerError): Promise<T> {
  try {
    return await put;
  } catch (error) {
    throw error instanceof KBrokerError && error.code === "version_conflict" ? lost() : error;
  }
}

/** Somebody else may write a document between the look at it and the write. */
const TRIES_MAX = 5;

/** Runs a change of one document again on top of what somebody else wrote meanwhile, so that theirs stays. */
export async function againOnConflict<T>(change: () => Promise<T>): Promise<T> {
  for (let left = TRIES_MAX; ; left -= 1) {
    try {
      return await change();
    } catch (error) {
      if (left === 1 || !(error instanceof KBrokerError) || error.code !== "version_conflict") throw error;
    }
  }
}
