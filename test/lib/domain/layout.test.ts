import { expect, test } from "vitest";
import { CONFIGS_MAX, layoutProblem, replicationFactorOf } from "../../../src/lib/domain/layout.ts";

const many = Object.fromEntries(Array.from({ length: CONFIGS_MAX + 1 }, (_, index) => [`a${index}`, "1"]));

test.each([
  [{ partitions: 0 }, "0 partitions were asked for; it must be a whole number from 1 to 1000."],
  [{ partitions: 1_001 }, "1001 partitions were asked for; it must be a whole number from 1 to 1000."],
  [{ partitions: 1.5 }, "1.5 partitions were asked for; it must be a whole number from 1 to 1000."],
  [{ replicationFactor: 101 }, "A replication factor of 101 was asked for; it must be a whole number from 1 to 100."],
  [{ configs: many }, "51 settings were given; a topic takes at most 50."],
  [{ configs: { "a b": "1" } }, '"a b" is no name of a setting, such as min.insync.replicas.'],
  [{ configs: { a: "x".repeat(4_097) } }, "The value of a has 4097 characters; at most 4096 are taken."],
  [{ partitions: 1_000, replicationFactor: 100, configs: { "segment.ms": "" } }, undefined],
  [{}, undefined],
])("%j: %s", (wish, problem) => {
  expect(layoutProblem(wish)).toBe(problem);
});

test("a topic has as many replicas as the partition that has the fewest", () => {
  const partition = (...replicas: readonly number[]) => ({ leader: 1, replicas, inSync: replicas });
  const layout = { name: "orders", isAdopted: false };

  expect(replicationFactorOf({ ...layout, partitions: [partition(1, 2, 3), partition(2, 3)] })).toBe(2);
  expect(replicationFactorOf({ ...layout, partitions: [] })).toBe(0);
});
