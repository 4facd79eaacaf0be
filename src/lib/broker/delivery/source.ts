import { type DeadLetterInfo, readDeadLetter } from "../../domain/dead-letter.ts";
import type { StoredMessage } from "../../domain/message.ts";
import type { Log, ParkedEntry, Source } from "../../engine/port.ts";
import type { Hold } from "./hold.ts";
import type { ParkedMessage, ParkedSet } from "./parked-set.ts";
import type { Lost, Positions } from "./positions.ts";

export type Found =
  /** As it was published. `letter`: it was read in the dead letter topic, which says this of it. */
  | { readonly kind: "found"; readonly message: StoredMessage; readonly letter?: DeadLetterInfo }
  /** No longer there: its time was over and it was trimmed, or it cannot be read any more. */
  | { readonly kind: "gone"; readonly why: Lost };

/** Reads one parked message again, out of the dead letter topic where it is redriven. */
export async function readParked(
  log: Log,
  { source, redrive }: Pick<ParkedEntry, "source" | "redrive">,
): Promise<Found> {
  const { records } = await log.read(source.shard, source.offset, { countMax: 1, bytesMax: 1 });
  const [message] = records;
  if (message?.offset === source.offset) return redrive === undefined ? { kind: "found", message } : original(message);
  const { start } = await log.bounds(source.shard);
  return { kind: "gone", why: source.offset < start ? "expired" : "damaged" };
}

/** What a dead letter says, and the message's own attributes; `undefined` when it is gone or says nothing. */
export async function readLetter(log: Log, { shard, offset }: Source): Promise<ReturnType<typeof readDeadLetter>> {
  const { records } = await log.read(shard, offset, { countMax: 1, bytesMax: 1 });
  const [record] = records;
  return record?.offset === offset ? readDeadLetter(record) : undefined;
}

/** A dead letter as the message that it was: its own attributes, the time when it was published. */
function original(message: StoredMessage): Found {
  const read = readDeadLetter(message);
  if (read === undefined) return { kind: "gone", why: "damaged" };
  const { info, attributes } = read;
  return { kind: "found", message: { ...message, attributes, timeMs: info.publishTimeMs }, letter: info };
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
