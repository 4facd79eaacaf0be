import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { BrokerView, LagView } from "../../../src/lib/broker/broker.ts";
import { openMetrics } from "../../../src/lib/server/metrics.ts";
import { HEALTHY } from "../../support/broker.ts";
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
  ...{ node: "n", startedAtMs: 0, uptimeMs: 0, topics: 1, subscriptions: { active: 1, paused: 0, degraded: 0 } },
  degraded: [],
  connectors: { active: 0, paused: 0, degraded: 0, failed: 0, removing: 0, unwell: [] },
  ...{ lag: 3, parked: 1, deadLetters: 4 },
};

test("docs/metrics.md lists every metric and no other", async () => {
  const rows = readFileSync("docs/metrics.md", "utf8").matchAll(/^\| `(\w+)` \| (\w+) \|/gm);
  const documented = Array.from(rows, ([, name, type]) => `${name} ${type}`);

  const page = await openMetrics().page(undefined);

  const told = Array.from(page.matchAll(/^# TYPE (\w+) (\w+)$/gm), ([, name, type]) => `${name} ${type}`);
  expect(new Set(documented)).toEqual(new Set(told));
});

test("the page has what was counted and what is so now", async () => {
  const metrics = openMetrics();
  const server = await startServer({ snapshot: async () => [VIEW], status: async () => STATUS }, { metrics });
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
    "kbroker_stored_bytes 10",
    "kbroker_refusing 0",
  ])
    expect(lines).toContain(line);
});

test("what is not known has no sample, and what is gone leaves none behind", async () => {
  let views: readonly LagView[] = [VIEW];
  const server = await startServer({ snapshot: async () => views, status: async () => STATUS });
  const samples = async () =>
    (await (await fetch(`${server.url}/metrics`)).text())
      .split("\n")
      .filter((line) => /^kbroker_(lag|free)/.test(line));

  const known = await samples();
  views = [{ ...VIEW, lag: null, oldestUndelivered: null }];
  const unknown = await samples();
  views = [];
  const gone = await samples();

  expect([known, unknown, gone]).toEqual([['kbroker_lag{subscription="billing",topic="orders"} 3'], [], []]);
});
