import { Producer } from "@platformatic/kafka";
import { expect } from "vitest";
import type { KBrokerError } from "../../../../src/lib/domain/error.ts";
import { partitionOf } from "../../../../src/lib/engine/kafka/partitioner.ts";
import { kafkaFailure } from "../../../../src/lib/engine/kafka/wire/failure.ts";
import { createKafkaTopic, deleteKafkaTopic } from "../../../../src/lib/engine/kafka/wire/topics.ts";
import type { Wire } from "../../../../src/lib/engine/kafka/wire/wire.ts";
import { ALL, message } from "../../../conformance/fixtures.ts";
import { kafkaForTests, kafkaTool, startKafka, testWithKafka, testWithOwnKafka } from "../../../support/kafka.ts";
import { type LogUnderTest, openLog } from "../../../support/kafka-log.ts";
import { eventually } from "../../../support/kafka-nodes.ts";
import { manualClock } from "../../../support/manual-clock.ts";

const TOPIC = "t1";
const SHARD = { topicId: TOPIC, index: 0 };

const forEver = () => new AbortController().signal;

const sorted = (ids: readonly string[]) => [...ids].sort((a, b) => a.localeCompare(b));

async function idsIn({ log }: LogUnderTest): Promise<readonly string[]> {
  const { records } = await log.read(SHARD, 0, ALL);
  return records.map(({ id }) => id);
}

/** Counts what is asked of the cluster, by purpose. */
function counting(counts: Map<string, number>): (wire: Wire) => Wire {
  return (wire) => ({
    ...wire,
    call(to, act, options) {
      const purpose = options?.purpose ?? "admin";
      counts.set(purpose, (counts.get(purpose) ?? 0) + 1);
      return wire.call(to, act, options);
    },
  });
}

testWithKafka("ten readers at the tail are served by one fetch, and nobody reads by himself", async () => {
  const counts = new Map<string, number>();
  const reader = await openLog(await kafkaForTests(), { through: counting(counts) });
  await reader.log.createTopic(TOPIC);
  const writer = await openLog(await kafkaForTests(), { of: reader });
  const readers = Array.from({ length: 10 }, () => ({ next: 0, ids: [] as string[] }));
  const step = async (each: { next: number; ids: string[] }) => {
    await reader.log.changed(SHARD, each.next, forEver());
    const { records, next } = await reader.log.read(SHARD, each.next, ALL);
    each.ids.push(...records.map(({ id }) => id));
    each.next = next;
  };
  const all = () => Promise.all(readers.map(step));
  const first = all();
  await eventually("the tail is followed", () => (counts.get("fetch") ?? 0) > 0);
  await writer.log.append(TOPIC, [message("0")]);
  await first;
  counts.clear();

  for (let round = 1; round <= 5; round += 1) {
    const waits = all();
    await writer.log.append(TOPIC, [message(String(round))]);
    await waits;
  }

  for (const { ids } of readers) expect(ids).toEqual(["0", "1", "2", "3", "4", "5"]);
  expect(counts.get("read") ?? 0).toBe(0);
});

testWithKafka("what a thousand ask for at the same time is one request", async () => {
  const counts = new Map<string, number>();
  const under = await openLog(await kafkaForTests(), { partitions: 3, through: counting(counts) });
  await under.log.createTopic(TOPIC);
  const shards = await under.log.shards(TOPIC);
  await under.log.append(
    TOPIC,
    Array.from({ length: 9 }, (_, index) => message(String(index))),
  );
  counts.clear();

  const ends = await Promise.all(
    Array.from({ length: 1_000 }, () => Promise.all(shards.map(async (shard) => (await under.log.bounds(shard)).end))),
  );

  expect(new Set(ends.map((each) => each.reduce((sum, end) => sum + end, 0)))).toEqual(new Set([9]));
  expect(counts.get("read")).toBe(2);
});

testWithKafka("whoever wrote reads it at once although the tail is followed already", async () => {
  const under = await openLog(await kafkaForTests());
  await under.log.createTopic(TOPIC);
  const stop = new AbortController();
  const waiting = under.log.changed(SHARD, 1_000, stop.signal);

  for (let round = 0; round < 20; round += 1) {
    await under.log.append(TOPIC, [message(String(round))]);
    expect((await idsIn(under)).length).toBe(round + 1);
  }
  stop.abort();
  await waiting;
});

testWithKafka("a Kafka topic that kbroker did not create is refused and left as it is", async () => {
  const under = await openLog(await kafkaForTests());
  const name = `${under.topicPrefix}orders`;
  await createKafkaTopic(under.wire, { name, partitions: 1, configs: {} });
  await under.producing.produce({ topic: name, partition: 0 }, [{ key: null, value: Buffer.from("theirs") }]);
  const before = await under.wire.topic(name);

  const creating = under.log.createTopic(TOPIC, { name: "orders" });

  await expect(creating).rejects.toMatchObject({ code: "topic_exists" });
  await under.log.deleteTopic(TOPIC);
  under.wire.forgetTopic(name);
  expect(await under.wire.topic(name)).toEqual(before);
  await expect(under.log.bounds(SHARD)).rejects.toMatchObject({ code: "topic_not_found" });
});

testWithKafka("a creation that was cut off before it told of its topic is gone on with", async () => {
  const first = await openLog(await kafkaForTests());
  const name = `${first.topicPrefix}orders`;
  await first.state.documents.claim("kafka-topic", `creating/${name}`, {});
  await createKafkaTopic(first.wire, { name, partitions: 1, configs: {} });

  await first.log.createTopic(TOPIC, { name: "orders" });

  await first.log.append(TOPIC, [message("a")]);
  expect(await idsIn(first)).toEqual(["a"]);
  expect(first.state.documents.list("kafka-topic").map(([key]) => key)).toEqual([TOPIC]);
});

testWithKafka(
  "a topic that another id left behind without a message is taken over, and one with messages is not",
  async () => {
    const under = await openLog(await kafkaForTests());
    await under.log.createTopic("left", { name: "orders" });

    await under.log.createTopic(TOPIC, { name: "orders" });
    await under.log.append(TOPIC, [message("a")]);

    await expect(under.log.createTopic("third", { name: "orders" })).rejects.toMatchObject({ code: "topic_exists" });
    expect(await idsIn(under)).toEqual(["a"]);
    await under.log.deleteTopic(TOPIC);
    expect(under.state.documents.list("kafka-topic")).toEqual([]);
  },
);

testWithKafka(
  "a name is free once its topic was deleted, and the new topic has nothing of the old one, on every node",
  async () => {
    const one = await openLog(await kafkaForTests());
    const other = await openLog(await kafkaForTests(), { of: one });
    await one.log.createTopic(TOPIC, { name: "orders" });
    await one.log.append(TOPIC, [message("old")]);
    expect(await idsIn(other)).toEqual(["old"]);

    await one.log.deleteTopic(TOPIC);
    await one.log.createTopic("t2", { name: "orders" });

    await expect(other.log.read(SHARD, 0, ALL)).rejects.toMatchObject({ code: "topic_not_found" });
    expect(await other.log.bounds({ topicId: "t2", index: 0 })).toEqual({ start: 0, end: 0 });
    expect(await other.log.append("t2", [message("new")])).toMatchObject([{ offset: 0 }]);
  },
);

testWithKafka("whoever waits for a topic that somebody deletes in Kafka is told", async () => {
  const under = await openLog(await kafkaForTests());
  await under.log.createTopic(TOPIC, { name: "orders" });
  const waiting = under.log.changed(SHARD, 0, forEver());
  const told = expect(waiting).rejects.toMatchObject({ code: "topic_not_found" });

  await kafkaTool("org.apache.kafka.tools.TopicCommand", [
    ...["--bootstrap-server", (await kafkaForTests()).join(","), "--delete", "--topic", `${under.topicPrefix}orders`],
  ]);

  await told;
  await expect(under.log.append(TOPIC, [message("a")])).rejects.toMatchObject({ code: "topic_not_found" });
});

testWithKafka("a topic that somebody deleted and made anew in Kafka is never taken for ours", async () => {
  const one = await openLog(await kafkaForTests());
  const other = await openLog(await kafkaForTests(), { of: one });
  await one.log.createTopic(TOPIC, { name: "orders" });
  const name = `${one.topicPrefix}orders`;
  await deleteKafkaTopic(one.wire, name);
  await createKafkaTopic(one.wire, { name, partitions: 1, configs: {} });
  await one.producing.produce({ topic: name, partition: 0 }, [{ key: null, value: Buffer.from("theirs") }]);

  for (const { log } of [one, other]) {
    await expect(log.read(SHARD, 0, ALL)).rejects.toMatchObject({ code: "topic_not_found" });
    await expect(log.append(TOPIC, [message("a")])).rejects.toMatchObject({ code: "topic_not_found" });
  }
  await one.log.deleteTopic(TOPIC);
  one.wire.forgetTopic(name);
  expect(await one.wire.topic(name)).toBeDefined();
});

testWithKafka("partitions that an operator adds are seen within seconds", async () => {
  const under = await openLog(await kafkaForTests());
  await under.log.createTopic(TOPIC, { name: "orders" });
  expect(await under.log.shards(TOPIC)).toHaveLength(1);

  await kafkaTool("org.apache.kafka.tools.TopicCommand", [
    ...["--bootstrap-server", (await kafkaForTests()).join(",")],
    ...["--alter", "--topic", `${under.topicPrefix}orders`, "--partitions", "3"],
  ]);

  await eventually("there are three shards", async () => (await under.log.shards(TOPIC)).length === 3, 30_000);
});

testWithKafka("a shard that is trimmed while it is followed goes on behind the trim, on other nodes too", async () => {
  const one = await openLog(await kafkaForTests());
  const other = await openLog(await kafkaForTests(), { of: one });
  await one.log.createTopic(TOPIC);
  const waiting = other.log.changed(SHARD, 2, forEver());
  await one.log.append(TOPIC, [message("a"), message("b")]);

  await one.log.trim(SHARD, 2);
  await one.log.append(TOPIC, [message("c")]);

  await waiting;
  expect((await other.log.read(SHARD, 2, ALL)).records.map(({ id }) => id)).toEqual(["c"]);
  expect((await one.log.read(SHARD, 0, ALL)).records.map(({ id }) => id)).toEqual(["c"]);
});

testWithKafka(
  "a writer is told within 10 s of its call, whatever it waits for: the topic, or a first of the same id",
  async () => {
    const one = await openLog(await kafkaForTests());
    await one.log.createTopic(TOPIC);
    const clock = manualClock();
    const nothing = new Promise<never>(() => {});
    const stuck = await openLog(await kafkaForTests(), {
      of: one,
      through: (wire) => ({ ...wire, clock, topic: () => nothing }),
    });
    const ended: string[] = [];
    const append = (name: string) => {
      const appending = stuck.log.append(TOPIC, [message("same")], { dedupeWindowMs: 60_000 });
      return appending.catch(({ code }: KBrokerError) => void ended.push(`${name} ${code}`));
    };

    const first = append("first");
    await clock.advance(5_000);
    const second = append("second");
    await clock.advance(5_000);
    await first;
    expect(ended).toEqual(["first engine_unavailable"]);
    await clock.advance(5_000);
    await second;

    expect(ended).toEqual(["first engine_unavailable", "second engine_unavailable"]);
    expect(await idsIn(one)).toEqual([]);
  },
);

testWithKafka(
  "what other partitions took of an append that failed is not stored again when it comes again",
  async () => {
    const one = await openLog(await kafkaForTests(), { partitions: 3 });
    await one.log.createTopic(TOPIC);
    const clock = manualClock();
    let isLed = false;
    const leader: (wire: Wire) => Wire["leader"] = (wire) => async (place) => {
      if (place.partition !== 1 || isLed) return wire.leader(place);
      throw kafkaFailure(Object.assign(new Error("It has no leader."), { apiId: "LEADER_NOT_AVAILABLE" }));
    };
    const through = (wire: Wire): Wire => ({ ...wire, clock, leader: leader(wire) });
    const under = await openLog(await kafkaForTests(), { of: one, through });
    const messages = Array.from({ length: 30 }, (_, index) => message(`m-${index}`));
    const kindOf = ({ id }: { readonly id: string }) => (partitionOf(id, null, 3) === 1 ? "appended" : "duplicate");
    const ids = async () => {
      const shards = await one.log.shards(TOPIC);
      const read = await Promise.all(shards.map((shard) => one.log.read(shard, 0, ALL)));
      return sorted(read.flatMap(({ records }) => records.map(({ id }) => id)));
    };
    const append = () => under.log.append(TOPIC, messages, { dedupeWindowMs: 60_000 });
    const others = messages.filter((each) => kindOf(each) === "duplicate").map(({ id }) => id);

    const first = expect(append()).rejects.toMatchObject({ code: "engine_unavailable" });
    await eventually("the others are stored", async () => (await ids()).length === others.length);
    await clock.advance(10_000);
    await first;
    expect(await ids()).toEqual(sorted(others));
    isLed = true;
    const second = append();
    await clock.advance(1_000);

    expect((await second).map(({ kind }) => kind)).toEqual(messages.map(kindOf));
    expect(await ids()).toEqual(sorted(messages.map(({ id }) => id)));
  },
);

testWithKafka("a topic that another node made a moment ago is waited for where this node's broker lags", async () => {
  const one = await openLog(await kafkaForTests());
  let looks = 0;
  const other = await openLog(await kafkaForTests(), {
    of: one,
    through: (wire) => ({
      ...wire,
      async topic(name) {
        looks += 1;
        return looks <= 5 ? undefined : wire.topic(name);
      },
    }),
  });
  await one.log.createTopic(TOPIC);

  await other.log.append(TOPIC, [message("a")]);

  expect(looks).toBeGreaterThan(5);
  expect(await idsIn(one)).toEqual(["a"]);
});

testWithOwnKafka(
  "while Kafka is away writers are told within the deadline, and readers go on once it is back",
  async () => {
    const cluster = await startKafka();
    const counts = new Map<string, number>();
    const under = await openLog(cluster.bootstrap, { through: counting(counts) });
    await under.log.createTopic(TOPIC);
    await under.log.append(TOPIC, [message("before")]);
    const waiting = under.log.changed(SHARD, 1, forEver());
    await eventually("the tail is followed", () => (counts.get("fetch") ?? 0) > 0);
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error("The cluster has no node.");
    await node.kill9();

    await expect(under.log.append(TOPIC, [message("lost")])).rejects.toMatchObject({ code: "engine_unavailable" });
    // A poll that is refused is not asked for again at once.
    expect(counts.get("fetch") ?? 0).toBeLessThan(200);
    await node.start();

    await eventually("Kafka takes messages again", async () => {
      const outcome = await Promise.allSettled([under.log.append(TOPIC, [message("after")])]);
      return outcome[0]?.status === "fulfilled";
    });
    await waiting;
    const ids = await idsIn(under);
    expect([ids[0], ids.at(-1)]).toEqual(["before", "after"]);
  },
  120_000,
);

testWithKafka(
  "a transaction of a native producer comes once it is committed, and never where it was given up",
  async () => {
    const under = await openLog(await kafkaForTests());
    await under.log.createTopic(TOPIC);
    const topic = under.topicPrefix + TOPIC;
    const ids: (readonly string[])[] = [];

    for (const end of ["commit", "abort"] as const) {
      const producer = new Producer({
        ...{ clientId: "native", bootstrapBrokers: [...(await kafkaForTests())] },
        ...{ idempotent: true, transactionalId: under.topicPrefix + end, retries: 4 },
      });
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: [{ topic, partition: 0, value: Buffer.from(end) }] });
      const { end: before } = await under.log.bounds(SHARD);
      const waiting = under.log.changed(SHARD, before, forEver());
      await under.log.append(TOPIC, [message(`behind-${end}`)]);
      ids.push(await idsIn(under));
      await transaction[end]();
      await waiting;
      await eventually("all is read", async () => (await idsIn(under)).includes(`behind-${end}`));
      ids.push(await idsIn(under));
      await producer.close();
    }

    const committed = [`${TOPIC}:0-0`, "behind-commit"];
    expect(ids).toEqual([[], committed, committed, [...committed, "behind-abort"]]);
    expect(await under.log.bounds(SHARD)).toEqual({ start: 0, end: 6 });
  },
);
