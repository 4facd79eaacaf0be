// Part of `npm run bench:push`: pushes as many messages as it is told, in one of the two ways, and tells how long it took.
import { Pool } from "undici";
import { openDelivery } from "../src/lib/broker/delivery/open-delivery.ts";
import type { Attribute } from "../src/lib/domain/message.ts";
import type { Subscription } from "../src/lib/domain/subscription.ts";
import type { Topic } from "../src/lib/domain/topic.ts";
import { memoryEngine } from "../src/lib/engine/memory/engine.ts";
import { openOutbox } from "../src/lib/outbox/outbox.ts";
import { systemClock as clock } from "../src/lib/system-clock.ts";

const IN_FLIGHT = 64;
const BODY = new TextEncoder().encode(JSON.stringify({ orderId: "1", note: "x".repeat(1_024 - 25) }));
const ATTRIBUTES: readonly Attribute[] = [["event-type", "created"]];
/** The same headers as a push has. */
const HEADERS = [
  ...["content-type", "application/json", "x-kb-topic", "orders", "x-kb-subscription", "bench"],
  ...["x-kb-messageid", "0190b5b0-6f7e-7c3e-9d5a-1f2e3d4c5b6a", "x-kb-publishtime", "2026-01-01T00:00:00.000Z"],
  ...["x-kb-deliveryattempt", "1", "event-type", "created"],
];
const TOPIC: Topic = {
  name: "orders",
  id: "t",
  visibility: "private",
  purpose: "messages",
  ttlMs: 6e8,
  createdAtMs: 0,
};
const SUBSCRIPTION: Omit<Subscription, "endpoint"> = {
  ...{ name: "bench", id: "s", topic: "orders", topicId: "t", deadLetterTopic: "bench_errors", state: "active" },
  ...{ retry: { kind: "list", delaysMs: [1_000] }, timeoutMs: 30_000, maxInFlight: IN_FLIGHT },
  ...{ generation: 0, createdAtMs: 0 },
};

interface Prepared {
  /** Pushes them all. */
  run(): Promise<void>;
  close(): Promise<void>;
}

/** An undici pool that is kept full and does nothing else. */
async function bare(url: string, count: number): Promise<Prepared> {
  const pool = new Pool(url, { connections: IN_FLIGHT, pipelining: 1 });
  let left = count;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      pool.dispatch(
        { method: "POST", path: "/events", headers: HEADERS, body: BODY },
        {
          onRequestStart: () => {},
          onResponseStart: () => {},
          onResponseData: () => {},
          onResponseEnd: () => resolve(),
          onResponseError: (_controller, error) => reject(error),
        },
      );
    });
  const lane = async () => {
    while (left-- > 0) await one();
  };
  return {
    run: async () => void (await Promise.all(Array.from({ length: IN_FLIGHT }, lane))),
    close: () => pool.close(),
  };
}

/** Delivery and outbox over a log in memory that holds them all: only the pushing is measured. */
async function kbroker(url: string, count: number): Promise<Prepared> {
  const engine = memoryEngine({ clock });
  await engine.log.createTopic(TOPIC.id);
  await engine.catalog.put("topic", TOPIC.name, TOPIC, 0);
  await engine.catalog.put("subscription", "bench", { ...SUBSCRIPTION, endpoint: `${url}/events` }, 0);
  const message = (_: unknown, index: number) => ({ id: `message-${index}`, attributes: ATTRIBUTES, payload: BODY });
  await engine.log.append(TOPIC.id, Array.from({ length: count }, message));
  const outbox = openOutbox({ clock });
  let left = count;
  let allDelivered = () => {};
  const nothing = () => {};
  const observer = {
    ...{ scheduled: nothing, fired: nothing, scheduleDropped: nothing, captured: nothing, faulted: nothing },
    ...{
      published: nothing,
      parked: nothing,
      probed: nothing,
      struck: nothing,
      deadLettered: nothing,
      redriven: nothing,
      expired: nothing,
      damaged: nothing,
      repeated: nothing,
      forgotten: nothing,
    },
    log: (_level: string, text: string) => process.stderr.write(`${text}\n`),
    delivered(_subscription: string, _topic: string, result: string) {
      if (result === "ack") left -= 1;
      if (left === 0) allDelivered();
    },
  };
  const delivery = openDelivery({ engine, clock, post: outbox.post, random: Math.random, observer });
  return {
    run: () =>
      new Promise((resolve, reject) => {
        allDelivered = resolve;
        delivery.start().catch(reject);
      }),
    async close() {
      await delivery.stop(1_000);
      await outbox.close();
    },
  };
}

const [way = "bare", url = ""] = process.argv.slice(2);
process.on("message", async (count) => {
  const prepared = await (way === "bare" ? bare : kbroker)(url, Number(count));
  // What the preparation left is not the push's.
  globalThis.gc?.();
  const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
  await prepared.run();
  const [tookMs, cpu] = [performance.now() - startMs, process.cpuUsage(startCpu)];
  await prepared.close();
  process.send?.({ perS: (Number(count) * 1_000) / tookMs, cpuUs: (cpu.user + cpu.system) / Number(count) });
});
process.on("disconnect", () => process.exit());
