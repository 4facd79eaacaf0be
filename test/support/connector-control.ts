import type { CreateConnector } from "../../src/lib/broker/requests/connectors.ts";
import type { Source, SourceCheck, SourceSettings, SourceWish } from "../../src/lib/connectors/port.ts";
import { SourceError } from "../../src/lib/connectors/port.ts";
import { type Connector, connectorResource, type DatabaseAddress } from "../../src/lib/domain/connector.ts";
import type { ConnectorReport } from "../../src/lib/domain/connector-report.ts";
import type { MemoryStorage } from "../../src/lib/engine/memory/storage.ts";
import type { Engine } from "../../src/lib/engine/port.ts";
import { openTestBroker, type TestBroker, type TestBrokerOptions } from "./broker.ts";

/** A database that only answers what an operator's commands ask; it says what was asked, and the test what it answers. */
export interface AskedSource extends Source {
  readonly wishes: SourceWish[];
  readonly removed: SourceSettings[];
  readonly answers: {
    checks: readonly SourceCheck[];
    /** It cannot be reached by whoever measures or removes. */
    down: boolean;
    /** Runs while a check or a removal is asked. */
    meanwhile: () => Promise<unknown>;
  };
}

export const UNREACHABLE = { code: "database_unreachable", message: "Nobody answers.", hint: "Start it." } as const;

export function askedSource(): AskedSource {
  const wishes: SourceWish[] = [];
  const removed: SourceSettings[] = [];
  const answers: AskedSource["answers"] = { checks: [], down: false, meanwhile: async () => {} };
  const reach = () => {
    if (answers.down) throw new SourceError(UNREACHABLE);
  };
  return {
    ...{ wishes, removed, answers },
    async check(wish) {
      wishes.push(wish);
      await answers.meanwhile();
      return answers.checks;
    },
    async tables() {
      reach();
      return [{ schema: "public", table: "orders", key: ["id"], rowsExpected: 3, problem: null }];
    },
    open: async () => {
      throw new SourceError(UNREACHABLE);
    },
    async measure() {
      reach();
      return { lag: { bytes: 0, ms: 0 }, retainedBytes: 0, warnings: [] };
    },
    async remove(settings) {
      await answers.meanwhile();
      reach();
      removed.push(settings);
    },
  };
}

export const DATABASE: DatabaseAddress = {
  ...{ host: "db.internal", port: 5432, database: "shop", user: "kbroker", tls: "verify-full" },
  password: { kind: "env", name: "KBROKER_SECRET_SHOP" },
};

export const ORDERS = { schema: "public", table: "orders" };
export const CUSTOMERS = { schema: "public", table: "customers" };

export const SHOP: CreateConnector = {
  name: "shop",
  product: "web",
  database: DATABASE,
  tables: [ORDERS, CUSTOMERS],
  snapshot: "initial",
};

export interface ConnectorScene extends TestBroker {
  readonly source: AskedSource;
  /** What is stored, by kind and name. */
  names(): readonly string[];
  create(request?: Partial<CreateConnector>): Promise<Connector>;
}

export async function openConnectorScene(options: TestBrokerOptions & { source?: AskedSource } = {}) {
  const source = options.source ?? askedSource();
  const test = await openTestBroker({ sources: { postgresql: source }, ...options });
  const scene: ConnectorScene = {
    ...test,
    source,
    names: () => namesIn(test.storage),
    create: async (request = {}) => (await test.broker.createConnector({ ...SHOP, ...request })).connector,
  };
  return scene;
}

export function namesIn({ documents }: MemoryStorage): readonly string[] {
  return [...documents.keys()].sort();
}

export const REPORT: ConnectorReport = {
  ...{ incarnation: 0, status: "streaming", sinceMs: 1, fault: null, warnings: [], retryAtMs: null },
  ...{ checkpoint: { lsn: "0/1" }, position: "0/1", snapshot: null, lastChangeAtMs: 1, retainedBytes: 5 },
  ...{ counts: { changes: 3, duplicates: 0, oversize: 0 }, lag: { bytes: 1, ms: 2 }, measuredAtMs: 1 },
};

/** Lets a report be what the owner told last. */
export async function tell(engine: Engine, connector: Connector, report: unknown): Promise<void> {
  const resource = connectorResource(connector);
  const { promise, resolve } = acquired();
  engine.owners.handle({
    acquired: async (ownership) => {
      await engine.reports.report(ownership, report);
      resolve();
    },
    released: async () => {},
    lost: () => {},
  });
  await engine.owners.want(resource);
  await promise;
}

function acquired(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
