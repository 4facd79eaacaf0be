import type { Connection } from "@platformatic/kafka";
import { expect, onTestFinished, vi } from "vitest";
import { partitionOf } from "../../src/lib/engine/kafka/partitioner.ts";
import { askMetadata } from "../../src/lib/engine/kafka/wire/metadata.ts";
import { openWire } from "../../src/lib/engine/kafka/wire/wire.ts";
import { systemClock } from "../../src/lib/system-clock.ts";
import { eventually, startBroker, startConsumer } from "../e2e/http.ts";
import { startKafka, testWithOwnKafka } from "../support/kafka.ts";
import { settingsFor } from "../support/kafka-nodes.ts";
import { FAULT_MS_MAX, length } from "./kafka-length.ts";
import { WAIT } from "./kafka-world.ts";

const PARTITIONS = 6;
const LINES = 120;
const LIMITS = { partitions: PARTITIONS, parkedPartitions: 1, schedulePartitions: 1 };
/** With a Kafka node away: some shards have no leader, or too few replicas for what is to be on two. */
const TOPICS = [
  { name: "single", replicationFactor: 1, configs: { "min.insync.replicas": "1" } },
  { name: "pairs", replicationFactor: 2, configs: { "min.insync.replicas": "2" } },
];

const sorted = (ids: readonly string[]) => [...ids].sort((a, b) => a.localeCompare(b));

/** In `npm test` a log with a shard that has no leader stands for it (test/lib/engine/kafka/log.test.ts). */
const inLongForm = length(testWithOwnKafka.skip, testWithOwnKafka);

inLongForm(
  "a batch of which Kafka takes a part is refused whole, and its repeats store no line twice that was taken",
  async () => {
    const cluster = await startKafka({ nodes: 3 });
    const settings = settingsFor(cluster.bootstrap);
    const broker = await startBroker({}, { storage: { engine: "kafka", settings, prefix: "", limits: LIMITS } });
    const consumer = await startConsumer();
    for (const { name, ...layout } of TOPICS) {
      await broker.admin("topicCreate", "", { name, partitions: PARTITIONS, ...layout });
      await broker.admin("subscriptionCreate", "", { name: `${name}-reader`, topic: name, endpoint: consumer.url });
    }
    const wire = openWire({ settings, clock: systemClock });
    onTestFinished(() => wire.close());
    const inSyncMin = (name: string) => TOPICS.find((each) => each.name === name)?.replicationFactor ?? 0;
    const takes = async (name: string) => {
      const look = (connection: Connection) => askMetadata(connection, [name]);
      const { topics } = await wire.call({ any: true }, look, { purpose: "ask" });
      const partitions = [...(topics[0]?.partitions ?? [])].sort((a, b) => a.partitionIndex - b.partitionIndex);
      return partitions.map(({ leaderId, isrNodes }) => leaderId >= 0 && isrNodes.length >= inSyncMin(name));
    };
    const idsOf = (name: string) => Array.from({ length: LINES }, (_, index) => `${name}-${index}`);
    const post = async (name: string, ids = idsOf(name)) => {
      const body = ids.map((id) => JSON.stringify({ id, payload: id })).join("\n");
      const answer = await fetch(`${broker.url}/publish/${name}/batch`, { method: "POST", body });
      return { status: answer.status, retryAfter: answer.headers.get("retry-after"), text: await answer.text() };
    };
    const postAll = () => Promise.all(TOPICS.map(({ name }) => post(name)));
    const [node] = cluster.nodes;
    await node?.kill9();
    await vi.waitFor(async () => {
      for (const { name } of TOPICS) expect(await takes(name)).toContain(false);
      for (const { name } of TOPICS) expect(await takes(name)).toContain(true);
    }, WAIT);
    const taking = new Map(await Promise.all(TOPICS.map(async ({ name }) => [name, await takes(name)] as const)));
    const isTaken = (name: string) => (id: string) => taking.get(name)?.[partitionOf(id, null, PARTITIONS)] === true;

    const refused = [...(await postAll()), ...(await postAll())];
    const taken = await Promise.all(
      TOPICS.map(({ name }) =>
        post(
          name,
          idsOf(name)
            .map((id) => `${id}-other`)
            .filter(isTaken(name)),
        ),
      ),
    );
    await node?.start();
    const last = await vi.waitFor(async () => {
      const answers = await postAll();
      for (const { status } of answers) expect(status).toBe(200);
      return answers;
    }, WAIT);

    for (const each of refused) {
      expect(each).toMatchObject({ status: 503, retryAfter: "5", text: expect.stringContaining("engine_unavailable") });
    }
    for (const { status, text } of taken) {
      expect(status).toBe(200);
      expect(text).not.toContain("error");
    }
    for (const [index, { name }] of TOPICS.entries()) {
      const [ids, isWhole] = [idsOf(name), isTaken(name)];
      const results = (last[index]?.text ?? "")
        .trim()
        .split("\n")
        .map((each) => JSON.parse(each));
      expect(results.map(({ id }) => id)).toEqual(ids);
      expect(results.filter(({ id }) => isWhole(id)).every(({ duplicate }) => duplicate)).toBe(true);
      const stored = [...ids, ...ids.map((id) => `${id}-other`).filter(isWhole)];
      await eventually(() => {
        const pushed = consumer.pushes.map(({ headers }) => String(headers["x-kb-messageid"]));
        expect(sorted(pushed.filter((id) => id.startsWith(name)))).toEqual(sorted(stored));
      });
      const { shards } = await broker.admin("subscriptionLag", `${name}-reader`);
      const ends = shards.map(({ end }, shard) => (taking.get(name)?.[shard] === true ? end : undefined));
      const expected = ends.map((end, shard) => {
        return end === undefined ? end : stored.filter((id) => partitionOf(id, null, PARTITIONS) === shard).length;
      });
      expect(ends).toEqual(expected);
      console.info(
        `${name}: of ${LINES} lines ${ids.filter(isWhole).length} were taken by shards that took any; each is stored once, and pushed once.`,
      );
    }
  },
  FAULT_MS_MAX,
);
