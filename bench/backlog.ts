import { openDelivery } from "../src/lib/broker/delivery/open-delivery.ts";
import { createBroker } from "../src/lib/broker/open.ts";
import { openEmbeddedEngine } from "../src/lib/engine/embedded/engine.ts";
import type { Engine } from "../src/lib/engine/port.ts";
import { timeOrderedIds } from "../src/lib/ids.ts";
import { openMetrics } from "../src/lib/server/metrics.ts";
import { systemClock as clock } from "../src/lib/system-clock.ts";

const CALL_COUNT = 5_000;
/** Each call waits for a sync; with a few under way the disk is never idle. */
const CALLS = 3;
const PAYLOAD = new TextEncoder().encode(JSON.stringify({ orderId: "1", note: "x".repeat(75) }));
const nothing = () => {};
export function openEngine(dir: string): Promise<Engine> {
  const onFatal = (error: Error) => {
    throw error;
  };
  return openEmbeddedEngine({ dir, clock, report: nothing, onFatal });
}

/**
 * A data directory with one topic of so many messages of 100 bytes, straight through the engine, and two paused subscriptions: `behind` has
 * them all before it, `done` has them all behind it. Leaves the engine open.
 */
export async function buildBacklog(dir: string, count: number): Promise<Engine> {
  const engine = await openEngine(dir);
  const observer = { ...openMetrics().observer, log: nothing };
  const post = async () => ({ kind: "answered", status: 204, tookMs: 0 }) as const;
  const effects = { engine, clock, observer, post, random: Math.random };
  const broker = await createBroker({
    ...{ ...effects, delivery: openDelivery(effects), newId: timeOrderedIds(clock.now), node: "bench" },
    ...{ compileSchema: () => () => [], endpointProblem: () => undefined, checkEndpoint: post },
  });
  const { topic } = await broker.createTopic({ name: "orders", visibility: "private" });
  const endpoint = "http://127.0.0.1:9/nobody";
  await broker.createSubscription({ name: "behind", topic: "orders", endpoint });
  await append(engine, topic.id, count);
  await broker.createSubscription({ name: "done", topic: "orders", endpoint });
  for (const name of ["behind", "done"]) await broker.pauseSubscription(name);
  await broker.stop(0);
  return engine;
}

async function append({ log }: Engine, topicId: string, count: number): Promise<void> {
  let left = count;
  const work = async () => {
    while (left > 0) {
      const size = Math.min(CALL_COUNT, left);
      left -= size;
      const id = (index: number) => `message-${left + index}`;
      const messages = Array.from({ length: size }, (_, index) => ({
        id: id(index),
        attributes: [],
        payload: PAYLOAD,
      }));
      await log.append(topicId, messages);
    }
  };
  await Promise.all(Array.from({ length: CALLS }, work));
}
