import { expect, test } from "vitest";
import { type NodeName, ROLES } from "../../../src/lib/domain/node.ts";
import { ownerAmong } from "../../../src/lib/domain/rendezvous.ts";

const node = (id: string, roles: NodeName["roles"] = ROLES) => ({ id, roles });
const RESOURCES = Array.from({ length: 3_000 }, (_, index) => `resource-${index}`);
const owners = (nodes: readonly ReturnType<typeof node>[]) => RESOURCES.map((each) => ownerAmong(nodes, each)?.id);

test("each of three nodes gets about a third, also where their names differ only at the end", () => {
  const all = owners([node("host-7070"), node("host-7071"), node("host-7072")]);

  for (const id of ["host-7070", "host-7071", "host-7072"]) {
    const share = all.filter((owner) => owner === id).length;
    expect(share).toBeGreaterThan(900);
    expect(share).toBeLessThan(1_100);
  }
});

test("the order in which nodes are known does not matter", () => {
  expect(owners([node("a"), node("b"), node("c")])).toEqual(owners([node("c"), node("a"), node("b")]));
});

test("a node that goes moves only what it had", () => {
  const before = owners([node("a"), node("b"), node("c")]);
  const after = owners([node("a"), node("c")]);

  for (const [index, owner] of before.entries()) if (owner !== "b") expect(after[index]).toBe(owner);
});

test("only a node with the role outbox owns anything", () => {
  expect(new Set(owners([node("a", ["inbox", "admin"]), node("b")]))).toEqual(new Set(["b"]));
  expect(ownerAmong([node("a", ["inbox"])], "r")).toBeUndefined();
});
