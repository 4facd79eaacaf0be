import type { Connectors } from "../../src/lib/broker/connectors/connectors.ts";
import type { ConnectorLimits } from "../../src/lib/broker/connectors/limits.ts";
import { openConnectors } from "../../src/lib/broker/connectors/open-connectors.ts";
import type { Source } from "../../src/lib/connectors/port.ts";
import type { Connector } from "../../src/lib/domain/connector.ts";
import type { ConnectorReport } from "../../src/lib/domain/connector-report.ts";
import { isConnectorReport } from "../../src/lib/domain/documents.ts";
import type { StoredMessage } from "../../src/lib/domain/message.ts";
import { type MemoryEngineOptions, memoryEngine } from "../../src/lib/engine/memory/engine.ts";
import { type MemoryStorage, memoryStorage } from "../../src/lib/engine/memory/storage.ts";
import type { OwnerHandler, Owners } from "../../src/lib/engine/port.ts";
import { type FaultyEngine, faultyEngine } from "../faults/faulty-engine.ts";
import { type Notes, notes } from "./broker.ts";
import { type ManualClock, manualClock, settle } from "./manual-clock.ts";
import { type ScriptedSource, scriptedSource } from "./scripted-source.ts";

/** One connector with the tables `orders` and `lines` over the memory engine; the test is the database and moves the clock. */
export interface ConnectorStage {
  readonly engine: FaultyEngine;
  readonly clock: ManualClock;
  readonly storage: MemoryStorage;
  readonly source: ScriptedSource;
  readonly connectors: Connectors;
  readonly notes: Notes;
  /** Waits until nothing happens before time passes or the source yields something. */
  idle(): Promise<void>;
  /** Lets time pass, and what follows from it happen. */
  pass(ms: number): Promise<void>;
  change(changed: Partial<Connector>): Promise<void>;
  /** As it is durable. */
  report(): Promise<ConnectorReport>;
  /** Ids in the topic of a table, in their order. */
  log(table?: number): Promise<string>;
  stored(table?: number): Promise<readonly StoredMessage[]>;
  /** A new process over the same storage and database; the old one stops where it stands and writes nothing any more. */
  crash(): Promise<ConnectorStage>;
  /** Another node takes over, and this one has not heard of it. */
  successor(): Promise<ConnectorStage>;
}

export interface ConnectorStageOptions {
  readonly clock?: ManualClock;
  readonly storage?: MemoryStorage;
  readonly source?: ScriptedSource;
  readonly limits?: Partial<ConnectorLimits>;
  readonly connector?: Partial<Connector>;
  /** How its storage differs from the usual. */
  readonly storing?: Pick<MemoryEngineOptions, "shards" | "remembers">;
  /** That of the node before, which still works. */
  readonly engine?: FaultyEngine;
}

export const RESOURCE = "connectors/connector-1";
const ALL = { countMax: 1_000_000, bytesMax: 1e9 };

export const CONNECTOR: Connector = {
  ...{ name: "shop", id: "connector-1", kind: "postgresql", product: "shop" },
  database: { host: "127.0.0.1", port: 5432, database: "shop", user: "kbroker", tls: "disable" },
  tables: [
    { schema: "public", table: "orders", topic: "cdc_shop-shop_orders", topicId: "topic-1" },
    { schema: "public", table: "lines", topic: "cdc_shop-shop_lines", topicId: "topic-2" },
  ],
  ...{ slot: "kbroker_shop_1", publication: "kbroker_shop_1", ownsPublication: true, snapshot: "initial" },
  ...{ onOversize: "stop", retainedBytesWarn: 1_000, state: "active", generation: 0, incarnation: 0, createdAtMs: 0 },
};

async function create({ catalog, log }: FaultyEngine, connector: Partial<Connector>) {
  if ((await catalog.get("connector", CONNECTOR.name)) !== undefined) return;
  for (const { topicId } of CONNECTOR.tables) await log.createTopic(topicId);
  await catalog.put("connector", CONNECTOR.name, { ...CONNECTOR, ...connector }, 0);
}

export async function openConnectorStage(options: ConnectorStageOptions = {}): Promise<ConnectorStage> {
  const { clock = manualClock(), storage = memoryStorage(), source = scriptedSource() } = options;
  const engine = options.engine ?? faultyEngine(memoryEngine({ clock, storage, ...options.storing }));
  const watching = notes();
  const { limits = {}, connector = {} } = options;
  await create(engine, connector);
  const owners = options.engine === undefined ? engine.owners : takingOver(storage);
  let isDead = false;
  const never = () => new Promise<never>(() => {});
  const postgresql: Source = {
    ...{ check: source.check, tables: source.tables, remove: source.remove },
    open: (request) => (isDead ? never() : source.open(request)),
    measure: (settings) => (isDead ? never() : source.measure(settings)),
  };
  const deps = {
    engine: { ...engine, owners },
    clock,
    sources: { postgresql },
    random: () => 0.5,
    observer: watching,
    limits,
  };
  const connectors = openConnectors(deps);
  await connectors.start();
  await settle();

  const idle = async () => {
    await settle();
    await connectors.idle();
    await settle();
  };
  const stored = async (table = 0) =>
    (await engine.log.read({ topicId: CONNECTOR.tables[table]?.topicId ?? "", index: 0 }, 0, ALL)).records;
  return {
    ...{ engine, clock, storage, source, connectors, notes: watching, idle, stored },
    async pass(ms) {
      await clock.advance(ms);
      await idle();
    },
    async change(changed) {
      const document = await engine.catalog.get("connector", CONNECTOR.name);
      const value = { ...CONNECTOR, ...connector, ...Object(document?.value), ...changed };
      await engine.catalog.put("connector", CONNECTOR.name, value, document?.version ?? 0);
      await idle();
    },
    async report() {
      const value = storage.reports.get(RESOURCE)?.value;
      if (!isConnectorReport(value)) throw new Error("There is no report.");
      return value;
    },
    log: async (table) => (await stored(table)).map(({ id }) => id).join(" "),
    async crash() {
      isDead = true;
      for (const call of ["log.append", "reports.report", "reports.read", "catalog.put"] as const)
        engine.hold({ call });
      return openConnectorStage({ limits, connector, clock, storage, source });
    },
    successor: () => openConnectorStage({ limits, connector, clock, storage, source, engine }),
  };
}

/** Whatever is wanted is taken from whoever has it. */
function takingOver({ epochs }: MemoryStorage): Owners {
  let handler: OwnerHandler | undefined;
  return {
    handle: (given) => {
      handler = given;
    },
    async want(resource) {
      const epoch = (epochs.get(resource) ?? 0) + 1;
      epochs.set(resource, epoch);
      await handler?.acquired({ resource, epoch });
    },
    confirm: () => undefined,
    unwant: async () => {},
    leave: async () => {},
  };
}
