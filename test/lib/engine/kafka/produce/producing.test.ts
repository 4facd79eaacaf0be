import { expect } from "vitest";
import type { NewRecord } from "../../../../../src/lib/engine/kafka/producing.ts";
import { createKafkaTopic } from "../../../../../src/lib/engine/kafka/wire/topics.ts";
import type { Wire } from "../../../../../src/lib/engine/kafka/wire/wire.ts";
import { ALL } from "../../../../conformance/fixtures.ts";
import { kafkaForTests, testWithKafka } from "../../../../support/kafka.ts";
import { type LogUnderTest, openLog } from "../../../../support/kafka-log.ts";
import { eventually } from "../../../../support/kafka-nodes.ts";
import { manualClock } from "../../../../support/manual-clock.ts";

const TOPIC = "numbers";

const record = (text: string): NewRecord => ({ key: Buffer.from("k"), value: Buffer.from(text) });

/** A topic with one partition; gives its name in Kafka. */
async function topicIn({ log, topicPrefix }: LogUnderTest): Promise<string> {
  await log.createTopic(TOPIC);
  return topicPrefix + TOPIC;
}

async function valuesIn({ log }: LogUnderTest): Promise<readonly string[]> {
  const { records } = await log.read({ topicId: TOPIC, index: 0 }, 0, ALL);
  return records.map(({ payload }) => Buffer.from(payload).toString());
}

/** Lets produce requests fail now and then: before they reach the cluster, or after it has done what they ask for. */
function unreliable(wire: Wire, produced: { requests: number }): Wire {
  return {
    ...wire,
    async call(to, act, options) {
      if (options?.purpose !== "produce") return wire.call(to, act, options);
      produced.requests += 1;
      const turn = produced.requests % 4;
      if (turn === 1) return wire.call(to, act, options);
      if (turn === 2) await wire.call(to, act, options);
      throw Object.assign(new Error("The connection broke."), { code: "ECONNRESET" });
    },
  };
}

testWithKafka("what is written while requests fail is all there, in the order given, over retries too", async () => {
  const produced = { requests: 0 };
  const under = await openLog(await kafkaForTests(), { through: (wire) => unreliable(wire, produced) });
  const name = await topicIn(under);
  const texts = Array.from({ length: 40 }, (_, index) => String(index));
  const writes: Promise<readonly { readonly offset: number }[]>[] = [];

  for (const text of texts) {
    // The later ones come while a batch is under way, or waits to be written again.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    writes.push(under.producing.produce({ topic: name, partition: 0 }, [record(text)]));
  }
  const places = await Promise.all(writes);

  const stored = await valuesIn(under);
  expect(produced.requests).toBeGreaterThan(3);
  expect(stored.length).toBeGreaterThan(texts.length);
  expect(places.map(([place]) => stored[place?.offset ?? -1])).toEqual(texts);
  expect(Array.from(new Set(stored))).toEqual(texts);
  const lastOf = texts.map((text) => stored.lastIndexOf(text));
  expect(lastOf).toEqual([...lastOf].sort((a, b) => a - b));
});

testWithKafka(
  "a record that Kafka does not take fails alone, and its neighbours of the same request do not",
  async () => {
    const under = await openLog(await kafkaForTests());
    const name = await topicIn(under);
    const large = { key: null, value: Buffer.alloc(1_200_000) };

    const outcomes = await Promise.allSettled([
      under.producing.produce({ topic: name, partition: 0 }, [record("before")]),
      under.producing.produce({ topic: name, partition: 0 }, [large]),
      under.producing.produce({ topic: name, partition: 0 }, [record("behind")]),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await valuesIn(under)).toEqual(["before", "behind"]);
  },
);

testWithKafka("a record without a key is told from its neighbours in a topic that must have keys", async () => {
  const under = await openLog(await kafkaForTests());
  const name = `${under.topicPrefix}compacted`;
  await createKafkaTopic(under.wire, { name, partitions: 1, configs: { "cleanup.policy": "compact" } });
  const keyless = { key: null, value: Buffer.from("x") };

  const outcomes = await Promise.allSettled([
    under.producing.produce({ topic: name, partition: 0 }, [record("a")]),
    under.producing.produce({ topic: name, partition: 0 }, [keyless]),
    under.producing.produce({ topic: name, partition: 0 }, [record("b"), { key: Buffer.from("k"), value: null }]),
  ]);

  expect(outcomes).toMatchObject([
    { status: "fulfilled", value: [{ offset: 0 }] },
    { status: "rejected", reason: { kafkaCodes: ["INVALID_RECORD"] } },
    { status: "fulfilled", value: [{ offset: 1 }, { offset: 2 }] },
  ]);
});

testWithKafka("a record that Kafka refuses takes none of those with it that were given together with it", async () => {
  const under = await openLog(await kafkaForTests());
  const name = `${under.topicPrefix}narrow`;
  await createKafkaTopic(under.wire, { name, partitions: 1, configs: { "max.message.bytes": "3000" } });
  const large = { key: null, value: Buffer.alloc(5_000) };

  const outcomes = await under.producing.produceEach({ topic: name, partition: 0 }, [record("a"), large, record("b")]);

  expect(outcomes).toMatchObject([{ offset: 0 }, { code: "payload_too_large" }, { offset: 1 }]);
});

testWithKafka("what was written before the time was over is told, although the rest was not", async () => {
  const clock = manualClock();
  let requests = 0;
  const oneRequest = (wire: Wire): Wire => ({
    ...wire,
    clock,
    async call(to, act, options) {
      if (options?.purpose === "produce") requests += 1;
      if (requests > 1) throw Object.assign(new Error("The connection broke."), { code: "ECONNRESET" });
      return wire.call(to, act, options);
    },
  });
  const under = await openLog(await kafkaForTests(), { through: oneRequest });
  const name = await topicIn(under);
  const half = { key: null, value: Buffer.alloc(500_000) };

  const producing = under.producing.produceEach({ topic: name, partition: 0 }, [half, half]);
  await eventually("the second half is tried", () => requests > 1);
  await clock.advance(11_000);

  expect(await producing).toMatchObject([{ offset: 0 }, { code: "engine_unavailable" }]);
});

testWithKafka(
  "batches that are small enough for us and too large for the topic are parted until they fit",
  async () => {
    const under = await openLog(await kafkaForTests());
    const name = `${under.topicPrefix}narrow`;
    await createKafkaTopic(under.wire, { name, partitions: 1, configs: { "max.message.bytes": "3000" } });
    const texts = Array.from({ length: 30 }, (_, index) => String(index).padEnd(1_000, "."));

    const places = await Promise.all(
      texts.map((text) => under.producing.produce({ topic: name, partition: 0 }, [record(text)])),
    );

    expect(places.map(([place]) => place?.offset)).toEqual(texts.map((_, index) => index));
  },
);

testWithKafka("more than can be held is overloaded at once, and what was taken is written", async () => {
  const under = await openLog(await kafkaForTests());
  const name = await topicIn(under);
  const many = Array.from({ length: 60_000 }, () => ({ key: null, value: Buffer.from("x") }));

  const first = under.producing.produce({ topic: name, partition: 0 }, many);
  const second = under.producing.produce({ topic: name, partition: 0 }, many);

  await expect(second).rejects.toMatchObject({ code: "overloaded" });
  expect(await first).toHaveLength(60_000);
  expect(await under.producing.produce({ topic: name, partition: 0 }, [record("next")])).toMatchObject([
    { offset: 60_000 },
  ]);
});

testWithKafka("a topic that there is not is told as such", async () => {
  const under = await openLog(await kafkaForTests());

  const writing = under.producing.produce({ topic: `${under.topicPrefix}nowhere`, partition: 0 }, [record("a")]);

  await expect(writing).rejects.toMatchObject({ code: "topic_not_found" });
});
