// Part of `npm run bench:kafka-memory`: puts what waits, straight through the engine. Each question is an order, answered once all of it is
// durable. `{ parked, topicId }`: the ids of subscriptions, each of which gets so many parked entries (`count`), one for each message of the
// topic, which it publishes first. `{ scheduled, topicId, topic }`: so many scheduled messages.
import { openKafkaEngine } from "../src/lib/engine/kafka/engine.ts";
import type { Ownership, ParkedEntry, Source } from "../src/lib/engine/port.ts";
import { systemClock as clock } from "../src/lib/system-clock.ts";

const HOUR_MS = 3_600_000;
const CALL_COUNT = 2_000;
/** Puts under way at a time. */
const LANES = 1_000;
const PAYLOAD = Buffer.from(JSON.stringify({ orderId: "1", note: "x".repeat(75) }));

const { settings, prefix } = JSON.parse(process.argv[2] ?? "{}");
const node = { id: "filler", url: null, roles: ["outbox" as const] };
const report = (level: string, text: string) => void (level !== "info" && process.stderr.write(`${text}\n`));
const engine = await openKafkaEngine({ settings, prefix, node, clock, report });
const acquired = new Map<string, (ownership: Ownership) => void>();
engine.owners.handle({
  acquired: async (ownership) => acquired.get(ownership.resource)?.(ownership),
  released: async () => {},
  lost: () => {},
});
process.on("message", (question) => void fill(JSON.parse(String(question))).then((told) => process.send?.(told)));
process.on("disconnect", () => void engine.close().finally(() => process.exit(0)));
process.send?.({ ready: true });

interface Order {
  readonly topicId: string;
  readonly topic: string;
  readonly count: number;
  readonly parked?: readonly string[];
}

async function fill({ topicId, topic, count, parked }: Order): Promise<unknown> {
  const startMs = performance.now();
  if (parked === undefined) await schedule(topicId, topic, count);
  else {
    const sources = await publish(topicId, count);
    for (const subscription of parked) await park(subscription, sources);
    await engine.owners.leave();
  }
  return { tookMs: performance.now() - startMs };
}

async function publish(topicId: string, count: number): Promise<readonly Source[]> {
  const sources: Source[] = [];
  for (let at = 0; at < count; at += CALL_COUNT) {
    const message = (_: unknown, index: number) => ({ id: `message-${at + index}`, attributes: [], payload: PAYLOAD });
    const messages = Array.from({ length: Math.min(CALL_COUNT, count - at) }, message);
    for (const { kind, ...place } of await engine.log.append(topicId, messages))
      if (kind === "appended" && "shard" in place) sources.push({ shard: place.shard, offset: place.offset });
  }
  return sources;
}

async function park(subscription: string, sources: readonly Source[]): Promise<void> {
  const owned = new Promise<Ownership>((resolve) => acquired.set(subscription, resolve));
  await engine.owners.want(subscription);
  const ownership = await owned;
  const entries = sources.map(entryOf);
  for (let at = 0; at < entries.length; at += CALL_COUNT)
    await engine.parked.put(ownership, entries.slice(at, at + CALL_COUNT));
}

function entryOf(source: Source): ParkedEntry {
  const nowMs = clock.now();
  return {
    ...{ source, generation: 0, publishTimeMs: nowMs, attempts: 3, strikes: 0, dueMs: nowMs + HOUR_MS },
    ...{ firstFailureMs: nowMs, lastFailureMs: nowMs, lastStatus: 503, reason: "The endpoint answered 503." },
    endpointThen: { attempts: 1_000, acks: 900 },
  };
}

async function schedule(topicId: string, topic: string, count: number): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const nowMs = clock.now();
      const message = { id: `scheduled-${next}`, attributes: [], payload: PAYLOAD };
      const dueMs = nowMs + 100 * HOUR_MS + next++;
      const done = await engine.schedules.put({ topicId, topic, message, scheduledAtMs: nowMs, dueMs });
      if (done.kind !== "put") throw new Error(`${message.id} was there already.`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
