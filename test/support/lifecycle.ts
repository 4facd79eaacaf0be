import type { Broker } from "../../src/lib/broker/broker.ts";
import { openDelivery } from "../../src/lib/broker/delivery/open-delivery.ts";
import type { CreateSubscription } from "../../src/lib/broker/requests/subscriptions.ts";
import { memoryEngine } from "../../src/lib/engine/memory/engine.ts";
import { type MemoryStorage, memoryStorage } from "../../src/lib/engine/memory/storage.ts";
import type { Engine } from "../../src/lib/engine/port.ts";
import { bytes, ENDPOINT, type Notes, notes, openTestBroker } from "./broker.ts";
import { type Consumer, consumer } from "./consumer.ts";
import { type ManualClock, manualClock } from "./manual-clock.ts";

/** A broker that pushes, over storage that outlives it. */
export interface Life {
  readonly broker: Broker;
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly storage: MemoryStorage;
  readonly consumer: Consumer;
  readonly notes: Notes;
  publish(topic: string, ...ids: readonly string[]): Promise<void>;
  subscribe(name: string, request?: Partial<CreateSubscription>): Promise<void>;
  pass(ms: number): Promise<void>;
}

export interface LifeOptions {
  readonly clock?: ManualClock;
  readonly storage?: MemoryStorage;
  /** Another one than the memory engine over `storage`. */
  readonly engine?: Engine;
  /** What stands between the broker and the storage. */
  readonly over?: (engine: Engine) => Engine;
}

export async function openLife({
  clock = manualClock(),
  storage = memoryStorage(),
  over,
  engine: given,
}: LifeOptions = {}): Promise<Life> {
  const plain = given ?? memoryEngine({ clock, storage });
  const engine = over?.(plain) ?? plain;
  const [other, watching] = [consumer(), notes()];
  const delivery = openDelivery({ engine, clock, post: other.post, random: () => 0.5, observer: watching });
  const { broker } = await openTestBroker({ engine, clock, delivery, storage, observer: watching });
  await broker.start();
  return {
    broker,
    engine,
    clock,
    storage,
    consumer: other,
    notes: watching,
    async publish(topic, ...ids) {
      for (const id of ids) await broker.publish({ topic, id, attributes: [], payload: bytes(`"${id}"`) });
      await broker.idle();
    },
    async subscribe(name, request = {}) {
      await broker.createSubscription({ name, topic: "orders", endpoint: ENDPOINT, from: "beginning", ...request });
      await broker.idle();
    },
    async pass(ms) {
      await clock.advance(ms);
      await broker.idle();
    },
  };
}
