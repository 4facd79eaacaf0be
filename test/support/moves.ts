import type { Broker } from "../../src/lib/broker/broker.ts";
import type { DeliveryLimits } from "../../src/lib/broker/delivery/limits.ts";
import { openDelivery } from "../../src/lib/broker/delivery/open-delivery.ts";
import type { CreateSubscription } from "../../src/lib/broker/requests/subscriptions.ts";
import { HEADER } from "../../src/lib/domain/headers.ts";
import { type MemoryEngineOptions, memoryEngine } from "../../src/lib/engine/memory/engine.ts";
import { type MemoryStorage, memoryStorage } from "../../src/lib/engine/memory/storage.ts";
import { type FaultyEngine, faultyEngine } from "../faults/faulty-engine.ts";
import { bytes, ENDPOINT, type Notes, notes, openTestBroker } from "./broker.ts";
import { type Consumer, consumer, type Received } from "./consumer.ts";
import { type ManualClock, manualClock } from "./manual-clock.ts";

export const HOUR_MS = 3_600_000;
export const ORDER = { dryRun: false } as const;

/** The whole broker over the memory engine, with topic `orders` of seven days and subscription `billing`. */
export interface Scene {
  readonly broker: Broker;
  readonly engine: FaultyEngine;
  readonly storage: MemoryStorage;
  readonly clock: ManualClock;
  readonly consumer: Consumer;
  readonly notes: Notes;
  /** Publishes one after the other and waits until all that can be pushed is. */
  publish(...ids: readonly string[]): Promise<void>;
  pass(ms: number): Promise<void>;
  /** What came since the last call, in order: the id, `#2` of a second attempt, `@job` of a replay. */
  came(): string;
  lag(): Promise<number | null>;
  /** A new process over the same storage; the old one stops where it stands. */
  crash(): Promise<Scene>;
}

export interface SceneOptions {
  /** How its storage differs from the usual. */
  readonly engine?: Pick<MemoryEngineOptions, "shards" | "remembers">;
  readonly storage?: MemoryStorage;
  readonly clock?: ManualClock;
  readonly consumer?: Consumer;
  readonly limits?: Partial<DeliveryLimits>;
  readonly subscription?: Partial<CreateSubscription>;
  readonly ttlMs?: number;
}

const CALLS = ["catalog.put", "log.append", "log.read", "log.bounds", "cursors.commit", "parked.put"] as const;

export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const clock = options.clock ?? manualClock();
  const storage = options.storage ?? memoryStorage();
  const engine = faultyEngine(memoryEngine({ clock, storage, ...options.engine }));
  const other = options.consumer ?? consumer();
  const watching = notes();
  let isDead = false;
  const delivery = openDelivery({
    engine,
    clock,
    post: (push, signal) => (isDead ? new Promise(() => {}) : other.post(push, signal)),
    random: () => 0.5,
    observer: watching,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const { broker } = await openTestBroker({ engine, clock, storage, delivery, observer: watching });
  if ((await engine.catalog.get("topic", "orders")) === undefined) {
    await broker.createTopic({
      name: "orders",
      visibility: "private",
      ...(options.ttlMs === undefined ? {} : { ttlMs: options.ttlMs }),
    });
    await broker.createSubscription({
      ...{ name: "billing", topic: "orders", endpoint: ENDPOINT, retryDelaysMs: [HOUR_MS, HOUR_MS] },
      ...options.subscription,
    });
  }
  let told = other.received.length;
  await broker.start();
  await broker.idle();

  return {
    broker,
    engine,
    storage,
    clock,
    consumer: other,
    notes: watching,
    async publish(...ids) {
      for (const id of ids) await broker.publish({ topic: "orders", attributes: [], payload: bytes(`"${id}"`), id });
      await broker.idle();
    },
    async pass(ms) {
      await clock.advance(ms);
      await broker.idle();
    },
    came() {
      const news = other.received.slice(told);
      told = other.received.length;
      return news.map(textOf).join(" ");
    },
    lag: async () => (await broker.lag("billing")).lag,
    async crash() {
      isDead = true;
      for (const call of CALLS) engine.hold({ call });
      return openScene({ ...options, clock, storage, consumer: other });
    },
  };
}

function textOf({ id, attempt, push }: Received): string {
  const at = push.headers.indexOf(HEADER.replay);
  return `${id}${attempt === 1 ? "" : `#${attempt}`}${at < 0 ? "" : `@${push.headers[at + 1]}`}`;
}
