import { ProtocolError } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { cursorAt, settle } from "../../../../../src/lib/domain/cursor.ts";
import { createCommits } from "../../../../../src/lib/engine/kafka/positions/commit.ts";
import type { CommitTopics } from "../../../../../src/lib/engine/kafka/positions/group-calls.ts";
import { KafkaFailure } from "../../../../../src/lib/engine/kafka/wire/failure.ts";
import { openWire } from "../../../../../src/lib/engine/kafka/wire/wire.ts";
import { systemClock } from "../../../../../src/lib/system-clock.ts";
import { settingsFor } from "../../../../support/kafka-nodes.ts";

const identity = { topicId: "topic-1", subscriptionId: "s" };
const cursorIn = (index: number, holes: number) => {
  const above = Array.from({ length: holes }, (_, hole) => ({ from: 2 * hole + 1, to: 2 * hole + 2 }));
  return { shard: { topicId: "topic-1", index }, cursor: above.reduce(settle, cursorAt(0, identity)) };
};

/** A cluster that takes so many characters of metadata, and refuses what is longer, and nothing else, with Kafka's number for that. */
function cluster(lengthMax: number) {
  const taken = new Map<number, string>();
  const sent: number[] = [];
  const send = async (topics: CommitTopics) => {
    const partitions = topics.flatMap((topic) => topic.partitions);
    sent.push(partitions.length);
    const answers = partitions.map(({ partitionIndex, committedMetadata }) => {
      const text = committedMetadata ?? "";
      if (text.length <= lengthMax) taken.set(partitionIndex, text);
      return { partitionIndex, errorCode: text.length <= lengthMax ? 0 : 12 };
    });
    if (answers.every(({ errorCode }) => errorCode === 0)) return;
    const response = { throttleTimeMs: 0, topics: [{ name: "topic-1", partitions: answers }] };
    throw new KafkaFailure(Object.assign(new Error("refused"), { errors: [new ProtocolError(12)], response }));
  };
  return { taken, sent, send };
}

test("where the cluster takes less metadata, what fits is committed, once for all that fits at once", async () => {
  const told: string[] = [];
  const wire = openWire({ settings: settingsFor(["127.0.0.1:1"]), clock: systemClock });
  const names = { nameOf: (id: string) => id, idOf: (name: string) => name };
  const commits = createCommits({ wire, names, report: (level) => void told.push(level) });
  const { taken, sent, send } = cluster(1_500);

  await commits.write([cursorIn(0, 2), cursorIn(1, 1_900)], send);
  await commits.write([cursorIn(1, 1_900)], send);

  expect(taken.size).toBe(2);
  expect(taken.get(1)?.length).toBeGreaterThan(900);
  expect(sent).toEqual([2, 1, 1, 1]);
  expect(told).toEqual(["warn", "warn"]);
  await wire.close();
});
