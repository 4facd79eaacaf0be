import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { BrokerView, LagView } from "../../../src/lib/broker/broker.ts";
import type { ConnectorView } from "../../../src/lib/broker/requests/connectors.ts";
import type { ConnectorReport } from "../../../src/lib/domain/connector-report.ts";
import { firstReport } from "../../../src/lib/domain/connector-status.ts";
import { openMetrics } from "../../../src/lib/server/metrics.ts";
import { HEALTHY } from "../../support/broker.ts";
import { CONNECTOR } from "../../support/connectors.ts";
import { startServer } from "./harness.ts";

const VIEW: LagView = {
  ...{ subscription: "billing", topic: "orders", state: "active", health: "ok", healthReason: null, endpoint: HEALTHY },
  ...{
    lag: 3,
    inFlight: 2,
    scheduled: 0,
    parked: 1,
    nextAttemptMs: null,
    expired: 0,
    damaged: 0,
    deadLetters: 4,
    setAside: 5,
  },
  ...{ oldestUndelivered: { publishTimeMs: 0, ageMs: 1_500 }, rates: null, drainMs: null, asOfMs: 0, owner: "n" },
  shards: [],
};

const STATUS: BrokerView = {
  engine: {
    ...{ name: "memory", location: "memory", storedBytes: 10, freeBytes: null },
    ...{ rememberedIds: 1, rememberedIdsMax: 2, scheduled: 0, refusing: null },
  },
  ...{
    node: "n",
    nodes: 1,
    startedAtMs: 0,
    uptimeMs: 0,
    topics: 1,
    subscriptions: { active: 1, paused: 0, degraded: 0 },
  },
  degraded: [],
  connectors: { active: 0, paused: 0, degraded: 0, failed: 0, removing: 0, unwell: [] },
  ...{ lag: 3, parked: 1, deadLetters: 4 },
};

const REPORT: ConnectorReport = {
  ...firstReport(0, 0),
  ...{ status: "degraded", lag: { bytes: 5, ms: 1_500 }, retainedBytes: 1_001, measuredAtMs: 1 },
};

const CONNECTED: ConnectorView = { connector: CONNECTOR, report: REPORT, asOfMs: 1 };

test("docs/metrics.md lists every metric and no other", async () => {
  const rows = readFileSync("docs/metrics.md", "utf8").matchAll(/^\| `(\w+)` \| (\w+) \|/gm);
  const documented = Array.from(rows, ([, name, type]) => `${name} ${type}`);

  const page = await openMetrics().page(undefined);

  const told = Array.from(page.matchAll(/^# TYPE (\w+) (\w+)$/gm), ([, name, type]) => `${name} ${type}`);
  expect(new Set(documented)).toEqual(new Set(told));
});

test("the page has what was counted and what is so now", async () => {
  const metrics = openMetrics();
  const broker = { snapshot: async () => [VIEW], status: async () => STATUS, listConnectors: async () => [CONNECTED] };
  const server = await startServer(broker, { metrics });
  metrics.observer.captured("shop", { stored: 3, duplicates: 2, oversize: 1 });
  metrics.observer.faulted("shop", "slot_lost");
  metrics.observer.published("orders", "stored");
  metrics.observer.delivered("billing", "orders", "ack", 20);
  metrics.observer.deadLettered("billing", "orders");
  metrics.observer.expired("billing", "orders", 7);
  await fetch(`${server.url}/nowhere`);

  const response = await fetch(`${server.url}/metrics`);

  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = new Set((await response.text()).split("\n"));
  for (const line of [
    'kbroker_published_total{topic="orders",result="stored"} 1',
    'kbroker_delivered_total{subscription="billing",topic="orders",result="ack"} 1',
    'kbroker_delivery_seconds_bucket{le="0.025",subscription="billing",topic="orders"} 1',
    'kbroker_delivery_seconds_bucket{le="0.01",subscription="billing",topic="orders"} 0',
    'kbroker_dead_lettered_total{subscription="billing",topic="orders"} 1',
    'kbroker_expired_total{subscription="billing",topic="orders"} 7',
    'kbroker_http_errors_total{code="route_not_found"} 1',
    'kbroker_lag{subscription="billing",topic="orders"} 3',
    'kbroker_in_flight{subscription="billing",topic="orders"} 2',
    'kbroker_oldest_age_seconds{subscription="billing",topic="orders"} 1.5',
    'kbroker_connector_changes_total{connector="shop"} 3',
    'kbroker_connector_duplicates_total{connector="shop"} 2',
    'kbroker_connector_oversize_total{connector="shop"} 1',
    'kbroker_connector_faults_total{connector="shop",code="slot_lost"} 1',
    'kbroker_connector_status{connector="shop",status="degraded"} 1',
    'kbroker_connector_status{connector="shop",status="failed"} 0',
    'kbroker_connector_lag_bytes{connector="shop"} 5',
    'kbroker_connector_lag_seconds{connector="shop"} 1.5',
    'kbroker_connector_retained_wal_bytes{connector="shop"} 1001',
    'kbroker_connector_retained_wal_warning{connector="shop"} 1',
    "kbroker_stored_bytes 10",
    "kbroker_refusing 0",
  ])
    expect(lines).toContain(line);
});

test("what is not known has no sample, and what is gone leaves none behind", async () => {
  let views: readonly LagView[] = [VIEW];
  let connectors: readonly ConnectorView[] = [CONNECTED];
  const server = await startServer({
    ...{ snapshot: async () => views, status: async () => STATUS, listConnectors: async () => connectors },
  });
  const samples = async () =>
    (await (await fetch(`${server.url}/metrics`)).text())
      .split("\n")
      .filter((line) => /^kbroker_(lag|free|connector_lag_bytes|connector_retained_wal_bytes)/.test(line));

  const known = await samples();
  views = [{ ...VIEW, lag: null, oldestUndelivered: null }];
  connectors = [{ ...CONNECTED, report: { ...REPORT, lag: null, retainedBytes: null } }];
  const unknown = await samples();
  views = [];
  connectors = [];
  const gone = await samples();

  const lines = [
    'kbroker_lag{subscription="billing",topic="orders"} 3',
    'kbroker_connector_lag_bytes{connector="shop"} 5',
    'kbroker_connector_retained_wal_bytes{connector="shop"} 1001',
  ];
  expect([known, unknown, gone]).toEqual([lines, [], []]);
});
