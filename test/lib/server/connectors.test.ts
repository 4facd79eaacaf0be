import { expect, test } from "vitest";
import {
  connectorCheckReply,
  connectorDeleteReply,
  connectorListReply,
  connectorReply,
  connectorTablesReply,
  connectorUpdateReply,
} from "../../../src/lib/api/connector.ts";
import type { ConnectorView } from "../../../src/lib/broker/requests/connectors.ts";
import type { Connector } from "../../../src/lib/domain/connector.ts";
import type { ConnectorReport } from "../../../src/lib/domain/connector-report.ts";
import { DATABASE, ORDERS, REPORT, SHOP } from "../../support/connector-control.ts";
import { refused, startServer } from "./harness.ts";

const CONNECTOR: Connector = {
  ...{ name: "shop", id: "c-1", kind: "postgresql", product: "web", database: DATABASE },
  tables: [{ ...ORDERS, topic: "cdc_web-shop_orders", topicId: "t-1" }],
  ...{ slot: "kbroker_shop_1", publication: "kbroker_shop_1", ownsPublication: true, snapshot: "initial" },
  ...{ onOversize: "stop", retainedBytesWarn: 7, state: "active", generation: 2, incarnation: 1, createdAtMs: 0 },
};
const FAULT = { code: "slot_in_use", message: "Somebody else reads.", hint: "Wait." } as const;
const FULL: ConnectorReport = {
  ...{ ...REPORT, incarnation: 1, status: "retrying", sinceMs: 1_000, fault: FAULT, warnings: [FAULT] },
  ...{ retryAtMs: 2_000, lastChangeAtMs: 3_000, measuredAtMs: 4_000, retainedBytes: 9, position: "0/7" },
  ...{ lag: { bytes: 11, ms: 12 }, counts: { changes: 13, duplicates: 14, oversize: 15 } },
  snapshot: { tables: [{ ...ORDERS, rows: 1, rowsExpected: null, done: false }] },
};
const TOLD: ConnectorView = { connector: CONNECTOR, report: FULL, asOfMs: 5_000 };
const UNTOLD: ConnectorView = { connector: CONNECTOR, report: null, asOfMs: null };
const BODY = { name: "shop", product: "web", kind: "postgresql", database: DATABASE, tables: [ORDERS] };
const at = (second: number) => `1970-01-01T00:00:0${second}.000Z`;

function ask(url: string, path: string, { method = "POST", body }: { method?: string; body?: unknown } = {}) {
  const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
  return fetch(`${url}/admin/v1/${path}`, { method, ...(text !== undefined && { body: text }) });
}

test("all that an owner told comes with times in RFC 3339, and nothing of the checkpoint and the inner counters", async () => {
  const server = await startServer({ describeConnector: async () => TOLD });

  const said: unknown = await (await ask(server.url, "connectors/shop", { method: "GET" })).json();

  expect(connectorReply.parse(said)).toEqual(said);
  expect(said).toEqual({
    ...{ name: "shop", id: "c-1", kind: "postgresql", product: "web", database: DATABASE },
    tables: [{ ...ORDERS, topic: "cdc_web-shop_orders" }],
    ...{ slot: "kbroker_shop_1", publication: "kbroker_shop_1", ownsPublication: true, snapshot: "initial" },
    ...{ onOversize: "stop", retainedBytesWarn: 7, state: "active", createdAt: at(0) },
    ...{ status: "retrying", since: at(1), fault: FAULT, warnings: [FAULT], retryAt: at(2), position: "0/7" },
    snapshotProgress: [{ ...ORDERS, rows: 1, rowsExpected: null, done: false }],
    ...{ changes: 13, duplicates: 14, oversize: 15, lastChangeAt: at(3), lagBytes: 11, lagMs: 12 },
    ...{ retainedBytes: 9, measuredAt: at(4), asOf: at(5) },
  });
});

test("what nobody has told is unknown or null, never 0 bytes behind", async () => {
  const server = await startServer({ listConnectors: async () => [UNTOLD] });

  const said = connectorListReply.parse(await (await ask(server.url, "connectors", { method: "GET" })).json());

  expect(said.items).toMatchObject([
    { status: "unknown", since: null, lagBytes: null, lagMs: null, retainedBytes: null, position: null, asOf: null },
  ]);
});

test("a creation reaches the use case with its defaults left to it, and only with what was given", async () => {
  const asked: unknown[] = [];
  const server = await startServer({
    createConnector: async (request) => {
      asked.push(request);
      return UNTOLD;
    },
  });

  const responses = [
    await ask(server.url, "connectors", { body: BODY }),
    await ask(server.url, "connectors", {
      body: { ...BODY, snapshot: "none", publication: "p", onOversize: "skip", retainedBytesWarn: 5 },
    }),
  ];

  expect(responses.map(({ status }) => status)).toEqual([201, 201]);
  expect(asked).toEqual([
    { ...SHOP, tables: [ORDERS] },
    { ...SHOP, tables: [ORDERS], snapshot: "none", publication: "p", onOversize: "skip", retainedBytesWarn: 5 },
  ]);
});

test("an update tells a password that is taken away from one that is not mentioned", async () => {
  const asked: unknown[] = [];
  const server = await startServer({
    updateConnector: async (_name, request) => {
      asked.push(request);
      return { ...TOLD, changes: [{ setting: "password", from: "env:KBROKER_SECRET_SHOP", to: "none" }] };
    },
  });

  const update = (body: unknown) => ask(server.url, "connectors/shop", { method: "PATCH", body });
  const said = connectorUpdateReply.parse(await (await update({ password: null })).json());
  await update({ addTables: [ORDERS] });

  expect(said.changes).toEqual([{ setting: "password", from: "env:KBROKER_SECRET_SHOP", to: "none" }]);
  expect(asked).toEqual([{ password: null }, { addTables: [ORDERS] }]);
});

test("pause, resume, restart, check, tables and delete reach their use cases", async () => {
  const asked: unknown[] = [];
  const view = (what: string) => async (name: string, request?: object) => {
    asked.push([what, name, request]);
    return UNTOLD;
  };
  const server = await startServer({
    pauseConnector: view("pause"),
    resumeConnector: view("resume"),
    restartConnector: view("restart"),
    checkConnector: async ({ publication }) => {
      asked.push(["check", publication]);
      return { checks: [{ check: "wal_level", result: "error", message: "m", fix: null }], topics: ["a"] };
    },
    connectorTables: async ({ password }) => {
      asked.push(["tables", password]);
      return [{ ...ORDERS, key: ["id"], rowsExpected: null, problem: "why" }];
    },
    deleteConnector: async (name, request) => {
      asked.push(["delete", name, request]);
      const kept = { slotKept: true, publicationKept: false, topics: ["a"], pending: "why" };
      return { name, id: "c-1", slot: "s", publication: "p", ...kept };
    },
  });

  for (const act of ["pause", "resume"]) await ask(server.url, `connectors/shop/${act}`);
  await ask(server.url, "connectors/shop/restart", { body: {} });
  await ask(server.url, "connectors/shop/restart", { body: { snapshot: "none" } });
  const checked = await (await ask(server.url, "connector-checks", { body: BODY })).json();
  const { password: _, ...database } = DATABASE;
  const tables = await (await ask(server.url, "connector-tables", { body: { kind: "postgresql", database } })).json();
  const deleted = await (await ask(server.url, "connectors/shop?keepSlot=true", { method: "DELETE" })).json();

  expect(asked).toEqual([
    ["pause", "shop", undefined],
    ["resume", "shop", undefined],
    ["restart", "shop", {}],
    ["restart", "shop", { snapshot: "none" }],
    ["check", undefined],
    ["tables", undefined],
    ["delete", "shop", { keepSlot: true, dryRun: false }],
  ]);
  expect(connectorCheckReply.parse(checked)).toMatchObject({ ok: false, topics: ["a"] });
  expect(connectorTablesReply.parse(tables).items).toEqual([
    { name: "public.orders", ...ORDERS, key: ["id"], rowsExpected: null, problem: "why" },
  ]);
  expect(connectorDeleteReply.parse(deleted)).toMatchObject({ slotKept: true, pending: "why" });
});

test.each([
  ["a password in clear", { database: { ...DATABASE, password: "secret-value" } }],
  ["a URL", { url: "postgresql://kbroker:secret-value@db/shop" }],
  ["another kind", { kind: "mysql" }],
  ["no table", { tables: [] }],
  ["a table without a schema", { tables: [{ table: "orders" }] }],
  ["a port that is none", { database: { ...DATABASE, port: 65_536 } }],
  ["half a byte", { retainedBytesWarn: 1.5 }],
])("a creation with %s reaches no use case, and the refusal repeats no value", async (_what, wrong) => {
  const server = await startServer();

  const error = await refused(await ask(server.url, "connectors", { body: { ...BODY, ...wrong } }));

  expect(error).toMatchObject({ status: 400, code: "invalid_request" });
  expect(JSON.stringify([error, server.logged])).not.toContain("secret-value");
});
