import fc from "fast-check";
import { KBrokerError } from "../../src/lib/domain/error.ts";
import { DEDUPE_WINDOW_MS } from "../../src/lib/domain/topic.ts";
import { bytes } from "../support/broker.ts";
import { action, topicName } from "./action.ts";
import { type Kind, type Ledger, type ModelTopic, type Sent, storedKey } from "./ledger.ts";
import type { Life, World } from "./world.ts";

export const kind = fc.constantFrom<Kind[]>("good", "good", "good", "good", "late", "poison", "breaks", "held");

export const publish = fc
  .record({
    topicName,
    kinds: fc.array(kind, { minLength: 1, maxLength: 6 }),
    withIds: fc.boolean(),
  })
  .map(({ topicName, kinds, withIds }) =>
    action({
      text: `publish ${kinds.join(", ")} to ${topicName}${withIds ? " with ids" : ""}`,
      can: ({ ledger }) => ledger.topics.has(topicName),
      async act(world, life) {
        await Promise.all(
          kinds.map((one) => {
            const sent = newSent(world, { topic: topicName, kind: one });
            return publishOne(world, life, withIds ? { ...sent, id: `own-${sent.number}` } : sent);
          }),
        );
      },
    }),
  );

/** Among those with an id, the one that is so many back. */
export const publishAgain = fc
  .record({ topicName, back: fc.integer({ min: 0, max: 9 }), samePayload: fc.boolean() })
  .map(({ topicName, back, samePayload }) =>
    action({
      text: `publish the id ${back} back to ${topicName} again, ${samePayload ? "same" : "other"} payload`,
      can: ({ ledger }) => withId(ledger, topicName, back) !== undefined,
      async act(world, life) {
        const before = withId(world.ledger, topicName, back);
        if (before === undefined) return;
        const again = samePayload ? before : { ...newSent(world, before), id: before.id };
        await publishOne(world, life, again);
      },
    }),
  );

function withId({ sent, topics }: Ledger, topicName: string, back: number): Sent | undefined {
  const topicId = topics.get(topicName)?.id;
  const ids = sent.filter((one) => one.topicId === topicId && one.id !== undefined && !one.scheduled);
  return ids[ids.length - 1 - back];
}

export function newSent({ ledger }: World, { topic, kind }: Pick<Sent, "topic" | "kind">): Sent {
  const number = ledger.sent.length;
  const topicId = ledger.topics.get(topic)?.id ?? "";
  const [payload, attributes] = [bytes(String(number)), []];
  const sent = { number, topic, topicId, kind, id: undefined, scheduled: false, payload, attributes };
  ledger.sent.push(sent);
  return sent;
}

/** Publishes it, and says what is wrong with the answer. */
async function publishOne({ ledger, clock }: World, { broker }: Life, sent: Sent): Promise<void> {
  ledger.sent[sent.number] = sent;
  const topic = ledger.topics.get(sent.topic);
  if (topic === undefined) return;
  const { id, payload, attributes } = sent;
  const first = firstOf(topic, id, clock.now());
  const request = { topic: sent.topic, attributes, payload, ...(id === undefined ? {} : { id }) };
  try {
    const { duplicate, publishTimeMs } = await broker.publish(request);
    const mustBe = first?.sent.number === sent.number ? first.timeMs : undefined;
    if (duplicate !== (mustBe !== undefined) || (duplicate && publishTimeMs !== mustBe))
      ledger.violations.push(`Publishing ${sent.number} (${id}) answers duplicate ${duplicate}, ${publishTimeMs}.`);
    topic.promised.add(storedKey(sent, publishTimeMs));
  } catch (error) {
    const isConflict = error instanceof KBrokerError && error.code === "message_id_conflict";
    if (!isConflict) throw error;
    if (first === undefined || first.sent.number === sent.number)
      ledger.violations.push(`Publishing ${sent.number} (${id}) is a conflict.`);
  }
}

function firstOf({ firsts }: ModelTopic, id: string | undefined, nowMs: number) {
  const first = id === undefined ? undefined : firsts.get(id);
  return first !== undefined && nowMs - first.timeMs <= DEDUPE_WINDOW_MS ? first : undefined;
}
