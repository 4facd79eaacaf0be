import type { Broker } from "../../src/lib/broker/broker.ts";
import type { ScheduleRequest } from "../../src/lib/broker/requests/publish.ts";
import { routeOwners } from "../../src/lib/broker/route-owners.ts";
import type { FiringLimits } from "../../src/lib/broker/schedules/limits.ts";
import { openFiring } from "../../src/lib/broker/schedules/open-firing.ts";
import type { StoredMessage } from "../../src/lib/domain/message.ts";
import { memoryEngine } from "../../src/lib/engine/memory/engine.ts";
import { type MemoryStorage, memoryStorage } from "../../src/lib/engine/memory/storage.ts";
import { SCHEDULES_PREFIX } from "../../src/lib/engine/port.ts";
import { createCompileSchema } from "../../src/lib/schemas/compile.ts";
import { type FaultyEngine, faultyEngine } from "../faults/faulty-engine.ts";
import { bytes, type Notes, notes, openTestBroker } from "./broker.ts";
import { type ManualClock, manualClock } from "./manual-clock.ts";

/** A broker with the topic `orders` whose time the test moves; it fires over the memory engine. */
export interface ScheduleStage {
  readonly broker: Broker;
  readonly engine: FaultyEngine;
  readonly clock: ManualClock;
  readonly notes: Notes;
  readonly topicId: string;
  /** The payload `"<id>"` under this id, in 10 minutes where nothing else is said. */
  schedule(id: string, changes?: Partial<ScheduleRequest>): ReturnType<Broker["schedule"]>;
  pass(ms: number): Promise<void>;
  stored(): Promise<readonly StoredMessage[]>;
  /** Ids in the topic, in their order. */
  log(): Promise<string>;
  waiting(): Promise<string>;
  /** A new process over the same storage; the old one stops where it stands and writes nothing any more. */
  crash(): Promise<ScheduleStage>;
}

export interface ScheduleStageOptions {
  readonly clock?: ManualClock;
  readonly storage?: MemoryStorage;
  readonly limits?: Partial<FiringLimits>;
}

const ALL = { countMax: 100_000, bytesMax: 1e9 };
export const MINUTE_MS = 60_000;

export async function openScheduleStage(options: ScheduleStageOptions = {}): Promise<ScheduleStage> {
  const clock = options.clock ?? manualClock();
  const storage = options.storage ?? memoryStorage();
  const engine = faultyEngine(memoryEngine({ clock, storage }));
  const watching = notes();
  const owners = routeOwners(engine.owners)(SCHEDULES_PREFIX);
  const limits = options.limits ?? {};
  const firing = openFiring({ engine: { ...engine, owners }, clock, observer: watching, limits });
  const compileSchema = createCompileSchema();
  const { broker } = await openTestBroker({ engine, clock, firing, observer: watching, compileSchema });
  const existing = (await broker.listTopics()).find(({ topic }) => topic.name === "orders");
  const { topic } = existing ?? (await broker.createTopic({ name: "orders", visibility: "private" }));
  await broker.start();

  const stored = async () => (await engine.log.read({ topicId: topic.id, index: 0 }, 0, ALL)).records;
  return {
    broker,
    engine,
    clock,
    notes: watching,
    topicId: topic.id,
    schedule: (id, changes = {}) =>
      broker.schedule({ topic: "orders", id, minutes: 10, attributes: [], payload: bytes(`"${id}"`), ...changes }),
    async pass(ms) {
      await clock.advance(ms);
      await broker.idle();
    },
    stored,
    log: async () => (await stored()).map(({ id }) => id).join(" "),
    waiting: async () => {
      const { messages } = await broker.listScheduled("orders", { limit: 1_000 });
      return messages.map(({ message }) => message.id).join(" ");
    },
    async crash() {
      for (const call of ["log.append", "schedules.put", "schedules.due", "schedules.remove"] as const)
        engine.hold({ call });
      return openScheduleStage({ ...options, clock, storage });
    },
  };
}
