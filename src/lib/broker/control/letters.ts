import { cursorAt, isSettled, unsettledCount } from "../../domain/cursor.ts";
import { REDRIVES_MAX, readDeadLetter } from "../../domain/dead-letter.ts";
import type { StoredMessage } from "../../domain/message.ts";
import { deadLetterTopicOf } from "../../domain/names.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Topic } from "../../domain/topic.ts";
import type { Shard } from "../../engine/port.ts";
import type { DeliveryStatus } from "../delivery/delivery.ts";
import type { DeadLetterState } from "../requests/dead-letters.ts";
import type { Control } from "./control.ts";
import { keptShards } from "./kept.ts";
import type { LetterPlace } from "./letter-index.ts";

/** One read of the dead letter topic. */
const READ = { countMax: 512, bytesMax: 1_048_576 };

export interface Standing {
  readonly topic: Topic;
  readonly places: readonly LetterPlace[];
  /** Redriven too often; `null` while nobody reports it. */
  readonly setAside: number | null;
}

/** A record that this subscription gave up on, or one in its own dead letter topic that does not say why it is there. */
export interface FoundLetter {
  readonly shard: Shard;
  readonly message: StoredMessage;
  readonly letter: ReturnType<typeof readDeadLetter>;
  readonly state: DeadLetterState;
}

/** Costs O(shards); `undefined` when there is no dead letter topic. */
export async function standingOf(
  control: Control,
  { id, deadLetterTopic }: Subscription,
  status: DeliveryStatus | undefined,
): Promise<Standing | undefined> {
  const topic = control.view.topic(deadLetterTopic)?.topic;
  if (topic === undefined) return undefined;
  const reported = status?.letters;
  // The ends are read after the cursors: an end is never below what a cursor has settled.
  const cursors = reported?.cursors ?? (await control.engine.cursors.load(id));
  const own = cursors.filter(({ shard, cursor }) => shard.topicId === topic.id && cursor.subscriptionId === id);
  const places = (await keptShards(control, topic)).map((kept) => {
    const found = own.find(({ shard }) => shard.index === kept.shard.index);
    return { ...kept, cursor: found?.cursor ?? cursorAt(0, { topicId: topic.id, subscriptionId: id }) };
  });
  return { topic, places, setAside: reported?.setAside ?? null };
}

/** Neither redriven nor purged nor set aside; `null` while that is not known. */
export async function deadCount(
  control: Control,
  subscription: Subscription,
  { topic, places }: Standing,
): Promise<number | null> {
  if (isShared(control, subscription)) return control.letterIndex.count(topic, subscription.name, places);
  return places.reduce((sum, { cursor, start, end }) => sum + unsettledCount(cursor, { from: start, to: end }), 0);
}

/** Whether letters of several subscriptions may lie in its dead letter topic. */
function isShared({ view }: Pick<Control, "view">, { name, deadLetterTopic }: Subscription): boolean {
  if (deadLetterTopic !== deadLetterTopicOf(name)) return true;
  return view.subscriptions().some((other) => other.name !== name && other.deadLetterTopic === deadLetterTopic);
}

export interface Part {
  readonly places: readonly LetterPlace[];
  /** Those that are settled, too. */
  readonly all?: boolean;
}

/** The subscription's letters, oldest first within each shard. */
export async function* lettersOf(
  { engine, delivery }: Pick<Control, "engine" | "delivery">,
  { id, name, deadLetterTopic }: Subscription,
  { places, all = false }: Part,
): AsyncGenerator<FoundLetter> {
  const isOwn = deadLetterTopic === deadLetterTopicOf(name);
  for (const { shard, start, end, cursor } of places) {
    for (let from = start; from < end; ) {
      const { records, next } = await engine.log.read(shard, from, READ);
      for (const message of records) {
        if (message.offset >= end) break;
        const letter = readDeadLetter(message);
        if (letter === undefined ? !isOwn : letter.info.subscription !== name) continue;
        const place = { shard, offset: message.offset };
        const dealtWith = () => delivery.isSetAside(id, place) ?? (letter?.info.redriveCount ?? 0) >= REDRIVES_MAX;
        const state = !isSettled(cursor, message.offset) ? "dead" : dealtWith() ? "set-aside" : "settled";
        if (all || state !== "settled") yield { shard, message, letter, state };
      }
      if (next <= from) break;
      from = next;
    }
  }
}
