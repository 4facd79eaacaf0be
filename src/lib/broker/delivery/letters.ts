import { type DeadLetterInfo, readDeadLetter } from "../../domain/dead-letter.ts";
import type { ShardOffset } from "../../domain/job.ts";
import type { Attribute, StoredMessage } from "../../domain/message.ts";
import { deadLetterTopicOf } from "../../domain/names.ts";
import type { Source } from "../../engine/port.ts";
import type { Hold } from "./hold.ts";
import type { Positions } from "./positions.ts";

/** A dead letter of this subscription. */
export interface Letter {
  readonly source: Source;
  readonly info: DeadLetterInfo;
  /** The message's own. */
  readonly attributes: readonly Attribute[];
}

export interface LettersOptions {
  readonly hold: Hold;
  readonly positions: Positions;
  /** What lies behind is left alone. */
  readonly ends: readonly ShardOffset[];
  /** Told of a record that lies in this subscription's own dead letter topic and does not say why. */
  readonly unreadable?: (source: Source) => void;
}

/** The letters of this subscription that are not settled, in order. What is there for nobody (others' letters, holes, what is damaged) is settled on the way. */
export async function* unsettledLetters({ hold, positions, ends, unreadable }: LettersOptions): AsyncGenerator<Letter> {
  const { subscription } = hold;
  const isOwn = subscription.deadLetterTopic === deadLetterTopicOf(subscription.name);
  for (const { shard, cursor } of positions.letters()) {
    const end = ends.find((each) => each.shard === shard.index)?.offset ?? 0;
    let at = cursor.low;
    for await (const record of recordsOf(hold, { shard, from: cursor.low, to: end })) {
      const source = { shard, offset: record.offset };
      positions.settleLetters(shard, { from: at, to: record.offset });
      at = record.offset + 1;
      if (positions.isLetterSettled(source)) continue;
      const read = readDeadLetter(record);
      if (read?.info.subscription === subscription.name) yield { source, ...read };
      else if (read === undefined && isOwn) unreadable?.(source);
      else positions.settleLetters(shard, { from: record.offset, to: at });
    }
  }
}

/** Every letter of this subscription in a part of a shard, settled or not. */
export async function* allLetters(
  hold: Hold,
  part: { readonly shard: Source["shard"]; readonly from: number; readonly to: number },
): AsyncGenerator<Letter> {
  for await (const record of recordsOf(hold, part)) {
    const read = readDeadLetter(record);
    if (read?.info.subscription === hold.subscription.name) {
      yield { source: { shard: part.shard, offset: record.offset }, ...read };
    }
  }
}

/** Whatever lies in a part of a shard, in order; it ends early where the hold does. */
export async function* recordsOf(
  { engine, limits, signal }: Hold,
  { shard, from, to }: { readonly shard: Source["shard"]; readonly from: number; readonly to: number },
): AsyncGenerator<StoredMessage> {
  for (let at = from; at < to && !signal.aborted; ) {
    const { records, next } = await engine.log.read(shard, at, {
      countMax: limits.readCountMax,
      bytesMax: limits.readBytesMax,
    });
    for (const record of records) {
      if (record.offset >= to || signal.aborted) return;
      yield record;
    }
    if (next <= at) return;
    at = next;
  }
}
