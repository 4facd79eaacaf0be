import { expect, test } from "vitest";
import {
  type ClusterPartition,
  type ClusterTopic,
  isWell,
  problemsOf,
  shareOf,
} from "../../../src/lib/domain/cluster.ts";

const partition = (index: number, changes: Partial<ClusterPartition> = {}): ClusterPartition => ({
  ...{ index, leader: 1, replicas: [1, 2, 3], inSync: [1, 2, 3] },
  ...changes,
});

const topic = (name: string, partitions: readonly ClusterPartition[], changes: Partial<ClusterTopic> = {}) => ({
  ...{ name, holds: "messages" as const, partitions, inSyncMin: 2 },
  ...changes,
});

test("the worst problems come first: gone, without a leader, taking nothing new, and only then those that work", () => {
  const topics = [
    topic("a", [partition(0), partition(1, { inSync: [1, 2] }), partition(2, { inSync: [1] })]),
    topic("b", [partition(0, { leader: null, inSync: [] })]),
    { ...topic("c", []), partitions: undefined },
  ];

  const problems = problemsOf(topics);

  expect(problems.map(({ kind, topic: name, partition: index }) => [kind, name, index])).toEqual([
    ["missing", "c", null],
    ["leaderless", "b", 0],
    ["below-minimum", "a", 2],
    ["under-replicated", "a", 1],
  ]);
});

test("where nobody may ask how many replicas there have to be, too few are only too few", () => {
  const problems = problemsOf([topic("a", [partition(0, { inSync: [1] })], { inSyncMin: null })]);

  expect(problems.map(({ kind }) => kind)).toEqual(["under-replicated"]);
});

test("a cluster is well with a broker away that nothing lies on, and is not while one that counts is not heard", () => {
  const broker = { id: 4, address: "kafka-4:9092", rack: null };
  const topics = [topic("a", [partition(0)])];

  expect(isWell({ topics, brokers: [{ ...broker, state: "away" }] })).toBe(true);
  expect(isWell({ topics, brokers: [{ ...broker, state: "silent" }] })).toBe(false);
});

test("what a broker leads and has copies of counts the topics of kbroker, and not the positions of all groups", () => {
  const topics = [
    topic("a", [partition(0), partition(1, { leader: 2, replicas: [2, 3] })]),
    topic("__kbroker_catalog", [partition(0)], { holds: "state" }),
    topic("__consumer_offsets", [partition(0)], { holds: "positions" }),
  ];

  expect([1, 2, 9].map((id) => shareOf({ topics }, id))).toEqual([
    { leads: 2, replicas: 2 },
    { leads: 1, replicas: 3 },
    { leads: 0, replicas: 0 },
  ]);
});
