import type { StoredMessage } from "../../domain/message.ts";
import type { Log, Source } from "../../engine/port.ts";
import type { Hold } from "./hold.ts";
import type { ParkedMessage, ParkedSet } from "./parked-set.ts";
import type { Lost, Positions } from "./positions.ts";

export type Found =
  | { readonly kind: "found"; readonly message: StoredMessage }
  /** No longer there: its time was over and it was trimmed, or it cannot be read any more. */
  | { readonly kind: "gone"; readonly why: Lost };

/** Reads one message again. */
export async function readSource(log: Log, { shard, offset }: Source): Promise<Found> {
  const { records } = await log.read(shard, offset, { countMax: 1, bytesMax: 1 });
  const [message] = records;
  if (message?.offset === offset) return { kind: "found", message };
  const { start } = await log.bounds(shard);
  return { kind: "gone", why: offset < start ? "expired" : "damaged" };
}

export interface Discarding {
  readonly hold: Hold;
  readonly positions: Positions;
  readonly parked: ParkedSet;
}

/** A parked message whose record is gone cannot be delivered by anybody: it is counted, and said. */
export function discard(message: ParkedMessage, why: Lost, { hold, positions, parked }: Discarding): void {
  const { source, attempts, reason } = message.entry;
  parked.remove(message);
  positions.unpark(source, { lost: why });
  hold.observer.log(
    "warn",
    `The record of a parked message is ${why === "expired" ? "trimmed" : "damaged"}; it is given up.`,
    {
      subscription: hold.subscription.name,
      shard: source.shard.index,
      offset: source.offset,
      attempts,
      lastFailure: reason,
    },
  );
}
