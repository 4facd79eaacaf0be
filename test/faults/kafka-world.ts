import { type Connection, findCoordinatorV6 } from "@platformatic/kafka";
import { expect, onTestFinished, vi } from "vitest";
import type { LagReply } from "../../src/lib/api/lag.ts";
import { LIMITS } from "../../src/lib/broker/delivery/limits.ts";
import type { AdminClient } from "../../src/lib/client/admin.ts";
import { decodeCursor } from "../../src/lib/domain/cursor-codec.ts";
import { KBrokerError } from "../../src/lib/domain/error.ts";
import { MAX_IN_FLIGHT_DEFAULT } from "../../src/lib/domain/subscription.ts";
import { fetchOffsets } from "../../src/lib/engine/kafka/owners/offsets.ts";
import { decodeKey } from "../../src/lib/engine/kafka/positions/parked-keys.ts";
import { fetchOnce } from "../../src/lib/engine/kafka/wire/fetch.ts";
import { askMetadata } from "../../src/lib/engine/kafka/wire/metadata.ts";
import { ledTopic } from "../../src/lib/engine/kafka/wire/topics.ts";
import { openWire, type Wire } from "../../src/lib/engine/kafka/wire/wire.ts";
import { systemClock } from "../../src/lib/system-clock.ts";
import { type BrokerProcess, freePort, startBrokerProcess } from "../support/broker-process.ts";
import { type Cluster, startKafka } from "../support/kafka.ts";
import { settingsFor } from "../support/kafka-nodes.ts";

export const SUBSCRIPTION = "billing";
export const TOPIC = "orders";
/** What one move of an owner may bring again where it was not clean: in flight, and settled since the last commit. */
export const REPEATS_MAX = MAX_IN_FLIGHT_DEFAULT + LIMITS.commitCount;
const GROUP_KEYS = 0;
const PARKED_TOPIC = "__kbroker_parked";
const READ_BYTES_MAX = 4 << 20;
export const WAIT = { timeout: 120_000, interval: 200 };

/** A node of kbroker: over all its lives under one name and one address. */
export interface FaultNode {
  readonly name: string;
  readonly url: string;
  /** Of its life now; fails where it has none. */
  process(): BrokerProcess;
  isUp(): boolean;
  start(): Promise<void>;
  end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null>;
}

/** A partition of the topic, as the cluster says. */
export interface LedShard {
  /** -1: none right now. */
  readonly leader: number;
  readonly inSync: readonly number[];
}

export interface FaultWorld {
  readonly cluster: Cluster;
  readonly nodes: readonly FaultNode[];
  /** The client of a node that runs. */
  admin(): AdminClient;
  /** Who owns the subscription or the duty, as the nodes say once they agree that somebody does. */
  ownerOf(kind: "subscription" | "control", name: string): Promise<FaultNode>;
  /** Waits until nothing is left to deliver. */
  quiet(subscription?: string): Promise<LagReply>;
  /** The id of the Kafka node that keeps the group. */
  coordinatorOf(group: string): Promise<number>;
  /** By the number of the partition; a Kafka node that is silent is asked once. */
  shards(): Promise<readonly LedShard[]>;
  /** What the consumer group of the subscription has committed, as Kafka says: the same as the ends of all shards. */
  expectCommitted(lag: LagReply): Promise<void>;
  /** What Kafka has committed for the group: the generation (how many moves were made) of each shard, as the commit that counts says. */
  generations(group: string): Promise<readonly number[]>;
  /** How often each thing that has one owner was taken by one so far, as Kafka has it; by the resource's own name. */
  takings(): Promise<ReadonlyMap<string, number>>;
}

export interface WorldOptions {
  readonly nodes?: number;
  readonly endpoint: string;
  readonly kafkaNodes?: 1 | 3;
  /** Left out: `billing` alone. */
  readonly subscriptions?: readonly string[];
  readonly retryDelays?: readonly string[];
}

async function onceOwned(call: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (!(error instanceof KBrokerError && error.code === "owner_unreachable")) throw error;
      await systemClock.after(WAIT.interval);
    }
  }
}

/** Waits until all nodes that run know one another, and everything is owned by one of them, as they say twice in a row. */
export async function untilSettled({ nodes, admin }: FaultWorld): Promise<void> {
  let before = "";
  await vi.waitFor(async () => {
    const { items } = await admin().call("nodeList");
    const now = items.map(({ name, owns }) => `${name}: ${owns.map((each) => each.kind + each.name + each.since)}`);
    const isSame = now.join() === before;
    before = now.join();
    expect(items).toHaveLength(nodes.filter((node) => node.isUp()).length);
    expect(items.every(({ owns }) => owns.length > 0)).toBe(true);
    expect(isSame).toBe(true);
  }, WAIT);
}

/** kbroker's nodes, as processes of their own, over a Kafka of their own, with one topic and its subscriptions. */
export async function startWorld({
  nodes: count = 3,
  endpoint,
  kafkaNodes = 3,
  subscriptions = [SUBSCRIPTION],
  retryDelays,
}: WorldOptions): Promise<FaultWorld> {
  const cluster = await startKafka({ nodes: kafkaNodes });
  const nodes = await Promise.all(Array.from({ length: count }, (_, index) => faultNode(cluster, `node-${index + 1}`)));
  // One alone makes what the others find.
  await nodes[0]?.start();
  await Promise.all(nodes.slice(1).map((node) => node.start()));
  const up = () => nodes.filter((node) => node.isUp());
  const admin = () => {
    const [first] = up();
    if (first === undefined) throw new Error("No node runs.");
    return first.process().admin;
  };
  const settings = { topic: TOPIC, endpoint, from: "beginning", ...(retryDelays && { retryDelays: [...retryDelays] }) };
  // While the nodes that have just come share what there is, who makes changes may be on its way: then nothing was changed.
  await onceOwned(() => admin().call("topicCreate", { body: { name: TOPIC } }));
  for (const name of subscriptions) {
    await onceOwned(() => admin().call("subscriptionCreate", { body: { name, ...settings } }));
  }

  let [offsetsWire, shardsWire]: (Wire | undefined)[] = [];

  return {
    cluster,
    nodes,
    admin,
    ownerOf: (kind, name) =>
      vi.waitFor(async () => {
        const { items } = await admin().call("nodeList");
        const owner = items.find(({ owns }) => owns.some((each) => each.kind === kind && each.name === name));
        const found = up().find((node) => node.name === owner?.name);
        if (found === undefined) throw new Error(`Nobody that runs owns ${kind} ${name}: ${JSON.stringify(items)}`);
        return found;
      }, WAIT),
    quiet: (subscription = SUBSCRIPTION) =>
      vi.waitFor(async () => {
        const lag = await admin().call("subscriptionLag", { name: subscription });
        expect(lag).toMatchObject({ lag: 0, parked: 0, inFlight: 0 });
        return lag;
      }, WAIT),
    async coordinatorOf(group) {
      const look = (connection: Connection) => findCoordinatorV6.api.async(connection, GROUP_KEYS, [group]);
      const { coordinators } = await openTestWire(cluster).call({ any: true }, look);
      return coordinators[0]?.nodeId ?? -1;
    },
    async shards() {
      shardsWire ??= openTestWire(cluster);
      const look = (connection: Connection) => askMetadata(connection, [TOPIC]);
      const { topics } = await shardsWire.call({ any: true }, look, { purpose: "ask" });
      const shards = [...(topics[0]?.partitions ?? [])].sort((a, b) => a.partitionIndex - b.partitionIndex);
      return shards.map(({ leaderId, isrNodes }) => ({ leader: leaderId, inSync: isrNodes }));
    },
    async expectCommitted({ subscription, shards }) {
      const wire = openTestWire(cluster);
      const ends = shards.map(({ end }) => end).filter((end) => end > 0);
      await vi.waitFor(async () => {
        // What a redrive has read of the dead letters is committed beside it.
        const offsets = (await fetchOffsets(wire, subscription)).filter(({ topic }) => topic === TOPIC);
        const committed = offsets.map(({ offset }) => offset);
        expect(committed.filter((offset) => offset > 0).sort((a, b) => a - b)).toEqual(ends.sort((a, b) => a - b));
      }, WAIT);
    },
    async generations(group) {
      offsetsWire ??= openTestWire(cluster);
      const offsets = (await fetchOffsets(offsetsWire, group)).filter(({ topic }) => topic === TOPIC);
      const inOrder = offsets.sort((a, b) => a.partition - b.partition);
      return inOrder.map(({ metadata }) => decodeCursor(metadata)?.generation ?? -1);
    },
    takings: () => takingsOf(openTestWire(cluster)),
  };
}

/** Each owner that begins leaves a record of it; that they are compacted takes longer than a test. */
async function takingsOf(wire: Wire): Promise<ReadonlyMap<string, number>> {
  const { uuid, leaders } = await ledTopic(wire, PARKED_TOPIC);
  const takings = new Map<string, number>();
  for (const partition of leaders.keys()) {
    const place = { uuid, partition, from: 0, bytesMax: READ_BYTES_MAX };
    const fetch = (connection: Connection) => fetchOnce(connection, [place], { waitMs: 0, bytesMax: READ_BYTES_MAX });
    const [fetched] = await wire.call({ leader: { topic: PARKED_TOPIC, partition } }, fetch, { purpose: "read" });
    for (const { key: bytes, value } of fetched?.records ?? []) {
      const key = decodeKey(bytes);
      if (key?.kind === "active" && value !== null) takings.set(key.resource, (takings.get(key.resource) ?? 0) + 1);
    }
  }
  return takings;
}

function openTestWire({ bootstrap }: Cluster): Wire {
  const wire = openWire({ settings: settingsFor(bootstrap), clock: systemClock });
  onTestFinished(() => wire.close());
  return wire;
}

async function faultNode({ bootstrap }: Cluster, name: string): Promise<FaultNode> {
  const port = await freePort();
  const more = ["--engine", "kafka", "--brokers", bootstrap.join(","), "--node-id", name];
  let life: BrokerProcess | undefined;
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    process() {
      if (life === undefined) throw new Error(`${name} does not run.`);
      return life;
    },
    isUp: () => life !== undefined,
    async start() {
      life = await startBrokerProcess({ port, more });
    },
    async end(signal) {
      const ended = life;
      life = undefined;
      return (await ended?.end(signal))?.code ?? null;
    },
  };
}
