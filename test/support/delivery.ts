import type { Delivery, DeliveryStatus } from "../../src/lib/broker/delivery/delivery.ts";
import type { DeliveryLimits } from "../../src/lib/broker/delivery/limits.ts";
import { openDelivery } from "../../src/lib/broker/delivery/open-delivery.ts";
import type { Cursor } from "../../src/lib/domain/cursor.ts";
import { readDeadLetter } from "../../src/lib/domain/dead-letter.ts";
import type { Attribute, StoredMessage } from "../../src/lib/domain/message.ts";
import type { Subscription } from "../../src/lib/domain/subscription.ts";
import type { Topic } from "../../src/lib/domain/topic.ts";
import { type MemoryEngineOptions, memoryEngine } from "../../src/lib/engine/memory/engine.ts";
import { type MemoryStorage, memoryStorage } from "../../src/lib/engine/memory/storage.ts";
import { type FaultyEngine, faultyEngine } from "../faults/faulty-engine.ts";
import { bytes, ENDPOINT, type Notes, notes } from "./broker.ts";
import { type Consumer, consumer } from "./consumer.ts";
import { type ManualClock, manualClock } from "./manual-clock.ts";

const DAY_MS = 24 * 3_600_000;
const TOPIC_ID = "topic-1";
const ERRORS_ID = "topic-2";
const SUBSCRIPTION_ID = "subscription-1";
const TOPIC_SHARD = { topicId: TOPIC_ID, index: 0 };

/** One topic and one subscription over the memory engine; the test is the consumer and moves the clock. */
export interface Stage {
  readonly engine: FaultyEngine;
  readonly clock: ManualClock;
  readonly storage: MemoryStorage;
  readonly consumer: Consumer;
  readonly delivery: Delivery;
  readonly notes: Notes;
  /** Publishes, and waits until nothing more can be sent. */
  publish(...ids: readonly string[]): Promise<void>;
  append(ids: readonly string[], attributes?: readonly Attribute[]): Promise<void>;
  idle(): Promise<void>;
  /** Lets time pass, and what follows from it happen. */
  pass(ms: number): Promise<void>;
  change(changed: Partial<Subscription>): Promise<void>;
  status(): DeliveryStatus;
  /** The committed cursor. */
  committed(): Promise<Cursor | undefined>;
  /** `id: class` of each dead letter, in order. */
  deadLetters(): Promise<readonly string[]>;
  deadLetterMessages(): Promise<readonly StoredMessage[]>;
  /** A new process over the same storage; the old one stops where it stands: it pushes, reads and writes nothing any more. */
  crash(): Promise<Stage>;
}

const CALLS = [
  "catalog.put",
  "log.append",
  "log.read",
  "log.bounds",
  "cursors.commit",
  "parked.put",
  "reports.report",
] as const;

export interface StageOptions {
  /** How its storage differs from the usual. */
  readonly engine?: Pick<MemoryEngineOptions, "shards" | "remembers">;
  readonly clock?: ManualClock;
  readonly storage?: MemoryStorage;
  readonly consumer?: Consumer;
  readonly limits?: Partial<DeliveryLimits>;
  readonly subscription?: Partial<Subscription>;
  readonly ttlMs?: number;
  /** Left out: it starts. */
  readonly start?: boolean;
  readonly random?: () => number;
}

function topic(name: string, id: string, ttlMs: number): Topic {
  const purpose = id === ERRORS_ID ? "dead-letter" : "messages";
  return { name, id, visibility: "private", purpose, ttlMs, createdAtMs: 0 };
}

const SUBSCRIPTION: Subscription = {
  name: "billing",
  id: SUBSCRIPTION_ID,
  topic: "orders",
  topicId: TOPIC_ID,
  endpoint: ENDPOINT,
  state: "active",
  retry: { kind: "list", delaysMs: [1_000, 2_000] },
  timeoutMs: 30_000,
  maxInFlight: 10,
  deadLetterTopic: "billing_errors",
  generation: 0,
  createdAtMs: 0,
};

async function create({ catalog, log, cursors }: FaultyEngine, { subscription, ttlMs = 7 * DAY_MS }: StageOptions) {
  if ((await catalog.get("topic", "orders")) !== undefined) return;
  await log.createTopic(TOPIC_ID);
  await log.createTopic(ERRORS_ID);
  await catalog.put("topic", "orders", topic("orders", TOPIC_ID, ttlMs), 0);
  await catalog.put("topic", "billing_errors", topic("billing_errors", ERRORS_ID, 7 * DAY_MS), 0);
  await cursors.init(SUBSCRIPTION_ID, []);
  await catalog.put("subscription", "billing", { ...SUBSCRIPTION, ...subscription }, 0);
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const clock = options.clock ?? manualClock();
  const storage = options.storage ?? memoryStorage();
  const engine = faultyEngine(memoryEngine({ clock, storage, ...options.engine }));
  const other = options.consumer ?? consumer();
  const watching = notes();
  await create(engine, options);
  let isDead = false;
  const delivery = openDelivery({
    engine,
    clock,
    post: (push, signal) => (isDead ? new Promise(() => {}) : other.post(push, signal)),
    random: options.random ?? (() => 0.5),
    observer: watching,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  if (options.start !== false) await delivery.start();

  const append: Stage["append"] = async (ids, attributes = []) => {
    await engine.log.append(
      TOPIC_ID,
      ids.map((id) => ({ id, attributes, payload: bytes(`"${id}"`) })),
    );
  };
  const idle = () => delivery.idle();
  const letters = async () => {
    const { records } = await engine.log.read({ topicId: ERRORS_ID, index: 0 }, 0, { countMax: 10_000, bytesMax: 1e9 });
    return records;
  };

  return {
    engine,
    clock,
    storage,
    consumer: other,
    delivery,
    notes: watching,
    append,
    idle,
    async publish(...ids) {
      await append(ids);
      await idle();
    },
    async pass(ms) {
      await clock.advance(ms);
      await idle();
    },
    async change(changed) {
      const document = await engine.catalog.get("subscription", "billing");
      const value = { ...SUBSCRIPTION, ...(document?.value ?? {}), ...changed };
      await engine.catalog.put("subscription", "billing", value, document?.version ?? 0);
    },
    status() {
      const status = delivery.status(SUBSCRIPTION_ID);
      if (status === undefined) throw new Error("The subscription has no owner.");
      return status;
    },
    async committed() {
      const cursors = await engine.cursors.load(SUBSCRIPTION_ID);
      return cursors.find(({ shard }) => shard.topicId === TOPIC_SHARD.topicId)?.cursor;
    },
    deadLetterMessages: letters,
    async deadLetters() {
      return (await letters()).map((letter) => `${letter.id}: ${readDeadLetter(letter)?.info.errorClass}`);
    },
    async crash() {
      isDead = true;
      for (const call of CALLS) engine.hold({ call });
      return await openStage({ ...options, clock, storage, consumer: other, start: true });
    },
  };
}
