import type { BrokerReply } from "../../src/lib/api/broker.ts";
import type { ClusterReply } from "../../src/lib/api/cluster.ts";
import type { ConnectorCheckReply, ConnectorReply } from "../../src/lib/api/connector.ts";
import type { DeadLetter } from "../../src/lib/api/dead-letter.ts";
import type { EndpointReply } from "../../src/lib/api/endpoint.ts";
import type { GroupListReply, GroupReply } from "../../src/lib/api/group.ts";
import type { LagReply } from "../../src/lib/api/lag.ts";
import type { NodeListReply } from "../../src/lib/api/node.ts";
import type { ScheduledItem } from "../../src/lib/api/schedule.ts";
import type { SubscriptionReply } from "../../src/lib/api/subscription.ts";
import type { TopicReply } from "../../src/lib/api/topic.ts";

export const AT = "2026-01-31T08:00:00.000Z";

export const topic = (changes: Partial<TopicReply> = {}): TopicReply => ({
  name: "orders",
  id: "t-1",
  visibility: "private",
  purpose: "messages",
  ttlMs: 604_800_000,
  schemaVersion: null,
  subscriptions: ["billing"],
  messages: 12_345,
  createdAt: AT,
  layout: null,
  ...changes,
});

/** What creating one answers. */
export const newTopic = (changes: Partial<TopicReply> = {}) => ({ ...topic(changes), warnings: [] });

const endpoint = (changes: Partial<EndpointReply> = {}): EndpointReply => ({
  circuit: { state: "closed", kind: null, since: null, reason: null, probes: 0, nextProbe: null },
  window: 100,
  heldUntil: null,
  ...changes,
});

export const subscription = (changes: Partial<SubscriptionReply> = {}): SubscriptionReply => ({
  name: "billing",
  id: "s-1",
  topic: "orders",
  endpoint: "http://127.0.0.1:9000/events",
  state: "active",
  health: "ok",
  healthReason: null,
  ...endpoint(),
  pausedBecause: null,
  permanentStatuses: [],
  onRejecting: "hold",
  retry: { kind: "list", delaysMs: [1_000, 5_000] },
  timeoutMs: 30_000,
  maxInFlight: 100,
  deadLetterTopic: "billing_errors",
  lag: 3,
  parked: 1,
  deadLetters: 0,
  setAside: 0,
  createdAt: AT,
  ...changes,
});

export const lag = (changes: Partial<LagReply> = {}): LagReply => ({
  subscription: "billing",
  topic: "orders",
  state: "active",
  health: "ok",
  healthReason: null,
  ...endpoint(),
  lag: 1_204,
  inFlight: 12,
  parked: 3,
  nextAttempt: "2026-01-31T08:00:04.000Z",
  expired: 0,
  damaged: 0,
  deadLetters: 1,
  setAside: 0,
  scheduled: 0,
  oldestUndelivered: { publishTime: "2026-01-31T07:57:55.000Z", ageMs: 125_000 },
  rates: { publishPerS: 10, ackPerS: 130, windowS: 60 },
  drainMs: 10_033,
  asOf: AT,
  owner: "node-1",
  shards: [{ shard: 0, start: 0, low: 8_796, end: 10_000, lag: 1_204 }],
  ...changes,
});

export const deadLetter = (changes: Partial<DeadLetter> = {}): DeadLetter => ({
  name: "o-3",
  id: "o-3",
  position: "0:0",
  key: null,
  attributes: { "event-type": "created" },
  reason: "the endpoint answered 500",
  class: "answered",
  status: 500,
  attempts: 3,
  sourceTopic: "orders",
  source: { shard: 0, offset: 2 },
  publishTime: AT,
  firstFailureAt: AT,
  failedAt: AT,
  redriveCount: 0,
  state: "dead",
  payloadBytes: 15,
  ...changes,
});

export const scheduled = (changes: Partial<ScheduledItem> = {}): ScheduledItem => ({
  name: "o-2",
  id: "o-2",
  topic: "orders",
  scheduledFor: AT,
  scheduledAt: "2026-01-31T07:50:00.000Z",
  key: null,
  attributes: { "event-type": "created" },
  payloadBytes: 15,
  ...changes,
});

export const node = (): NodeListReply["items"][number] => ({
  ...{ name: "host-7070", url: "http://10.0.0.7:7070", roles: ["inbox", "outbox", "admin"], self: true },
  since: "2026-01-01T00:00:00.000Z",
  owns: [
    { kind: "control", name: "control", since: "2026-01-01T00:00:01.000Z" },
    { kind: "subscription", name: "billing", since: "2026-01-01T00:00:02.000Z" },
  ],
});

export const cluster = (changes: Partial<ClusterReply> = {}): ClusterReply => ({
  id: "j-xUNp-IWIpfSWPLRI38vw",
  well: true,
  release: "4.3",
  metadataVersion: 30,
  controller: 1,
  brokers: [
    { id: 1, address: "kafka-1:9092", rack: "a", state: "up", leads: 46, replicas: 92 },
    { id: 2, address: "kafka-2:9092", rack: null, state: "up", leads: 46, replicas: 92 },
  ],
  topics: { topics: 1, partitions: 6 },
  ownTopics: { topics: 4, partitions: 74 },
  counts: { missing: 0, leaderless: 0, belowMinimum: 0, underReplicated: 0 },
  problems: [],
  ...changes,
});

export const group = (): GroupListReply["items"][number] => ({
  ...{ name: "shop-billing", kind: "subscription", subscription: "billing", owner: "node-1" },
  ...{ type: "classic", state: "Stable", coordinator: 3, lag: 12_345, members: 1, partitions: 2 },
});

export const groupDescribed = (changes: Partial<GroupReply> = {}): GroupReply => ({
  ...group(),
  members: [{ id: "owner-1", instance: "owner", client: "kbroker", host: "10.0.0.7", partitions: 2 }],
  partitions: [
    {
      ...{ topic: "shop-orders", partition: 0, committed: 10, end: 12_350, lag: 12_340 },
      ...{ settledAbove: 12_000, member: "owner-1" },
    },
    {
      ...{ topic: "shop-orders", partition: 1, committed: 5, end: 10, lag: 5 },
      ...{ settledAbove: 0, member: "owner-1" },
    },
  ],
  ...changes,
});

export const broker = (changes: Partial<BrokerReply> = {}): BrokerReply => ({
  version: "0.1.0",
  node: "node-1",
  nodes: 1,
  engine: "embedded",
  location: "/var/lib/kbroker",
  state: "ready",
  startedAt: AT,
  uptimeMs: 93_784_000,
  topics: 2,
  subscriptions: { active: 1, paused: 1, degraded: 0 },
  degraded: [],
  connectors: { active: 2, paused: 1, degraded: 0, failed: 0, removing: 0, unwell: [] },
  lag: 3,
  parked: null,
  deadLetters: 0,
  scheduled: 0,
  storedBytes: 67_108_864,
  freeBytes: 12_345_678_901,
  rememberedIds: 7,
  refusing: null,
  ...changes,
});

export const connector = (changes: Partial<ConnectorReply> = {}): ConnectorReply => ({
  name: "shop",
  id: "c-1",
  kind: "postgresql",
  product: "shop",
  database: {
    host: "db.internal",
    port: 5432,
    database: "shop",
    user: "kbroker",
    password: { kind: "env", name: "KBROKER_SECRET_SHOP" },
    tls: "verify-full",
  },
  tables: [
    { schema: "public", table: "orders", topic: "cdc_shop-shop_orders" },
    { schema: "sales", table: "customers", topic: "cdc_shop-shop_sales.customers" },
  ],
  slot: "kbroker_shop_c1_1",
  publication: "kbroker_shop_c1_1",
  ownsPublication: true,
  snapshot: "initial",
  onOversize: "stop",
  retainedBytesWarn: 1_073_741_824,
  state: "active",
  status: "streaming",
  since: AT,
  fault: null,
  warnings: [],
  retryAt: null,
  position: "0/16B3748",
  snapshotProgress: null,
  changes: 12_345,
  duplicates: 0,
  oversize: 0,
  lastChangeAt: AT,
  lagBytes: 0,
  lagMs: 0,
  retainedBytes: 16_777_216,
  measuredAt: AT,
  asOf: AT,
  createdAt: AT,
  ...changes,
});

export const connectorChecks = (changes: Partial<ConnectorCheckReply> = {}): ConnectorCheckReply => ({
  ok: true,
  checks: [
    { check: "reachable", result: "ok", message: "PostgreSQL 15.18 answers.", fix: null },
    {
      check: "replica_identity",
      result: "warning",
      message: "before holds only the key of public.orders.",
      fix: "ALTER TABLE public.orders REPLICA IDENTITY FULL;",
    },
  ],
  topics: ["cdc_shop-shop_orders"],
  ...changes,
});

/** The database does not write what a connector reads. */
export const failedChecks = connectorChecks({
  ok: false,
  checks: [
    { check: "reachable", result: "ok", message: "PostgreSQL 15.18 answers.", fix: null },
    {
      check: "wal_level",
      result: "error",
      message: 'wal_level is "replica".',
      fix: "ALTER SYSTEM SET wal_level = logical;\n-- then restart the database",
    },
    { check: "select", result: "skipped", message: "Nobody looked.", fix: null },
  ],
});
