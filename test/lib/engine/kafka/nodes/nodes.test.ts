import { expect, test } from "vitest";
import { kafkaNodes } from "../../../../../src/lib/engine/kafka/nodes/nodes.ts";
import { type Member, type Table, tableOf } from "../../../../../src/lib/engine/kafka/nodes/table.ts";
import { nodeName, sharedState } from "../../../../support/kafka-nodes.ts";

const member = (id: string): Member => ({
  ...nodeName(id),
  run: `run of ${id}`,
  edition: 1,
  sinceMs: 1_000,
  isLeaving: false,
});

/** As node "a" sees it. */
function world() {
  const { holds } = sharedState();
  const a = member("a");
  const at: { table: Table | undefined } = { table: tableOf(1, [a, member("b")]) };
  const nodes = kafkaNodes({ self: () => a, table: () => at.table }, holds);
  const hold = (resource: string, node: string, epoch: number, isReleased = false) =>
    holds.put({ resource, epoch, node, sinceMs: 2_000, isReleased });
  const held = () =>
    nodes.list().map(({ id, holds: own }) => [id, ...own.map(({ resource, epoch }) => `${resource} ${epoch}`)]);
  return { at, nodes, hold, held };
}

test("what each node holds follows each hold and each table", async () => {
  const { at, nodes, hold, held } = world();
  await hold("y", "b", 7);
  await hold("x", "b", 4);
  const before = held();

  await hold("x", "b", 4, true);
  await hold("x", "a", 9);
  const moved = [held(), nodes.ownerOf("x")?.id];
  at.table = tableOf(2, [member("a")]);

  expect(before).toEqual([["a"], ["b", "x 4", "y 7"]]);
  expect(moved).toEqual([
    [
      ["a", "x 9"],
      ["b", "y 7"],
    ],
    "a",
  ]);
  expect([held(), nodes.ownerOf("y")?.id]).toEqual([[["a", "x 9"]], "a"]);
});

test("a node that is not in a table yet knows itself", () => {
  const { at, nodes } = world();

  at.table = undefined;

  expect(nodes.list()).toMatchObject([{ id: "a", isSelf: true, holds: [] }]);
  expect(nodes.ownerOf("x")).toBeUndefined();
});

test("while nothing changes it is not worked out again, however often it is asked", async () => {
  const { nodes, hold } = world();
  await hold("x", "b", 4);
  const [, first] = nodes.list();

  const [, second] = nodes.list();
  const owner = nodes.ownerOf("x");
  await hold("y", "b", 5);

  expect([second === first, owner === first, nodes.list()[1] === first]).toEqual([true, true, false]);
});
