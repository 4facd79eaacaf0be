import { randomUUID } from "node:crypto";
import type { Broker, BrokerDeps } from "../../src/lib/broker/broker.ts";
import type { Connectors } from "../../src/lib/broker/connectors/connectors.ts";
import type { ControlDuty } from "../../src/lib/broker/control/duty.ts";
import type { Delivery, DeliveryStatus } from "../../src/lib/broker/delivery/delivery.ts";
import type { Observer } from "../../src/lib/broker/observer.ts";
import { createBroker } from "../../src/lib/broker/open.ts";
import type { Firing } from "../../src/lib/broker/schedules/firing.ts";
import { type Source, SourceError } from "../../src/lib/connectors/port.ts";
import { memoryEngine } from "../../src/lib/engine/memory/engine.ts";
import { type MemoryStorage, memoryStorage } from "../../src/lib/engine/memory/storage.ts";
import type { Engine } from "../../src/lib/engine/port.ts";
import { type ManualClock, manualClock } from "./manual-clock.ts";

/** An observer that keeps what it is told, as one line each. */
export interface Notes extends Observer {
  readonly lines: readonly string[];
}

export function notes(): Notes {
  const lines: string[] = [];
  const note =
    (what: string) =>
    (...facts: readonly unknown[]) => {
      lines.push([what, ...facts.filter((fact) => typeof fact !== "object")].join(" "));
    };
  return {
    lines,
    published: note("published"),
    scheduled: note("scheduled"),
    fired: note("fired"),
    scheduleDropped: note("scheduleDropped"),
    delivered: note("delivered"),
    probed: note("probed"),
    struck: note("struck"),
    parked: note("parked"),
    deadLettered: note("deadLettered"),
    redriven: note("redriven"),
    expired: note("expired"),
    damaged: note("damaged"),
    repeated: (subscription, topic, { same, other }) => note("repeated")(subscription, topic, same, other),
    forgotten: note("forgotten"),
    captured: note("captured"),
    faulted: note("faulted"),
    log: note("log"),
  };
}

/** A delivery that pushes nothing: owners report what the test says, by subscription id; what it does not name has no owner. */
export function reportingDelivery(reports: ReadonlyMap<string, DeliveryStatus> = new Map()): Delivery {
  const done = async () => undefined;
  return {
    start: done,
    stop: done,
    idle: done,
    status: (id) => reports.get(id),
    entries: () => undefined,
    isSetAside: () => false,
    purgeLetters: async () => 0,
  };
}

/** A part that owns no connector. */
export function idleConnectors(): Connectors {
  const done = async () => undefined;
  return { start: done, stop: done, idle: done };
}

/** The duty of a broker that is alone. */
function ownDuty(): ControlDuty {
  return { isHeld: () => true, held: async () => undefined, start: ({ begin }) => begin() };
}

/** A kind of source of which there is none: whoever asks it fails. */
export function absentSource(): Source {
  const fail = async () => {
    throw new SourceError({ code: "database_unreachable", message: "There is no database.", hint: "Start one." });
  };
  return { check: async () => [], tables: fail, open: fail, measure: fail, remove: fail };
}

/** A part that owns no schedule: nothing is published later. */
function idleFiring(): Firing {
  const done = async () => undefined;
  return { start: done, stop: done, idle: done, scheduled: () => {}, cancel: async () => ({ kind: "absent" }) };
}

export interface TestBroker {
  readonly broker: Broker;
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly storage: MemoryStorage;
  readonly notes: Notes;
}

export type TestBrokerOptions = Partial<BrokerDeps> & {
  readonly clock?: ManualClock;
  readonly storage?: MemoryStorage;
  readonly delivery?: Delivery;
  readonly firing?: Firing;
  readonly connectors?: Connectors;
  readonly duty?: ControlDuty;
};

/** A broker over the memory engine with a clock that the test moves; every part can be given. */
export async function openTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const clock = options.clock ?? manualClock();
  const storage = options.storage ?? memoryStorage();
  const engine = options.engine ?? memoryEngine({ clock, storage });
  const watching = notes();
  const broker = await createBroker({
    post: async () => ({ kind: "answered", status: 200, tookMs: 1 }),
    checkEndpoint: async () => ({ kind: "answered", status: 204, tookMs: 1 }),
    endpointProblem: (endpoint) => (endpoint.startsWith("http") ? undefined : `"${endpoint}" is no http or https URL.`),
    compileSchema: () => () => [],
    newId: () => randomUUID(),
    random: () => 0.5,
    observer: watching,
    node: "node-1",
    delivery: reportingDelivery(),
    firing: idleFiring(),
    connectors: idleConnectors(),
    duty: ownDuty(),
    sources: { postgresql: absentSource() },
    ...options,
    engine,
    clock,
  });
  return { broker, engine, clock, storage, notes: watching };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export const ENDPOINT = "http://127.0.0.1:9000/events";

/** An endpoint about which nothing bad is known. */
export const HEALTHY = { circuit: null, window: 4, heldUntilMs: null } as const;
