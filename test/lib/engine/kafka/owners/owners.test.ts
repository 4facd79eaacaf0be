import { afterEach, expect } from "vitest";
import { ROLES, type Role } from "../../../../../src/lib/domain/node.ts";
import type { Ownership } from "../../../../../src/lib/engine/port.ts";
import { describeWithKafka as describe, kafkaForTests, testWithKafka as test } from "../../../../support/kafka.ts";
import {
  eventually,
  freshPrefix,
  type KafkaNodeUnderTest,
  openNode,
  type SharedState,
  sharedState,
} from "../../../../support/kafka-nodes.ts";
import { deferred } from "../../../../support/promises.ts";

const open: KafkaNodeUnderTest[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.close()));
});

interface Group {
  readonly prefix: string;
  readonly state: SharedState;
}

interface Owner {
  readonly node: KafkaNodeUnderTest;
  /** By resource. */
  readonly held: Map<string, Ownership>;
  /** What the engine asked of it, in order. */
  readonly heard: string[];
}

const group = (): Group => ({ prefix: freshPrefix(), state: sharedState() });

interface NodeOptions {
  readonly released?: (ownership: Ownership) => Promise<void>;
  readonly roles?: readonly Role[];
  readonly told?: string[];
}

async function nodeOf(of: Group, id: string, { released = async () => {}, roles = ROLES, told }: NodeOptions = {}) {
  const node = await openNode({ servers: await kafkaForTests(), id, roles, ...(told && { told }), ...of });
  open.push(node);
  const [held, heard] = [new Map<string, Ownership>(), [] as string[]];
  node.owners.handle({
    async acquired(ownership) {
      held.set(ownership.resource, ownership);
      heard.push(`acquired ${ownership.resource}`);
    },
    async released(ownership) {
      heard.push(`released ${ownership.resource}`);
      await released(ownership);
      held.delete(ownership.resource);
    },
    lost({ resource }) {
      heard.push(`lost ${resource}`);
      held.delete(resource);
    },
  });
  return { node, held, heard };
}

const RESOURCES = Array.from({ length: 40 }, (_, index) => `r-${index}`);

async function wantAll(owners: readonly Owner[], resources = RESOURCES): Promise<void> {
  await Promise.all(owners.flatMap(({ node }) => resources.map((each) => node.owners.want(each))));
}

const heldBy = (...owners: readonly Owner[]) => owners.flatMap(({ held }) => Array.from(held.keys()));
const seesBoth = (...owners: readonly Owner[]) =>
  eventually("both are there", () => owners.every(({ node }) => node.nodes.list().length === 2));

describe("the owners of a cluster", () => {
  test("each resource has one owner, and both nodes say which", async () => {
    const of = group();
    const [a, b] = [await nodeOf(of, "a"), await nodeOf(of, "b")];
    await seesBoth(a, b);

    await wantAll([a, b]);

    await eventually("all are owned", () => heldBy(a, b).length === RESOURCES.length);
    expect(new Set(heldBy(a, b)).size).toBe(RESOURCES.length);
    expect(a.held.size).toBeGreaterThan(5);
    expect(b.held.size).toBeGreaterThan(5);
    for (const resource of RESOURCES) {
      const id = a.held.has(resource) ? "a" : "b";
      expect([a.node.nodes.ownerOf(resource)?.id, b.node.nodes.ownerOf(resource)?.id]).toEqual([id, id]);
    }
    const listed = a.node.nodes.list().map(({ id, holds, isSelf }) => [id, holds.length, isSelf]);
    expect(listed).toEqual([
      ["a", a.held.size, true],
      ["b", b.held.size, false],
    ]);
  });

  test("a node that joins takes over only its share, after it was let go of", async () => {
    const of = group();
    const drained = deferred();
    const a = await nodeOf(of, "a", { released: () => drained.promise });
    await wantAll([a]);
    expect(a.held.size).toBe(RESOURCES.length);

    const b = await nodeOf(of, "b");
    await wantAll([b]);
    await eventually("a is asked to let go", () => a.heard.some((each) => each.startsWith("released")));

    expect(b.held.size).toBe(0);
    drained.resolve();
    await eventually("b has its share", () => b.held.size > 5 && heldBy(a, b).length === RESOURCES.length);
    const moved = a.heard.filter((each) => each.startsWith("released")).length;
    expect(moved).toBe(b.held.size);
    expect(a.heard.filter((each) => each.startsWith("lost"))).toEqual([]);
  });

  test("a node that ends before it has removed what owners before it left says nothing of that", async () => {
    const of = group();
    const told: string[] = [];
    for (const id of ["a", "b"]) {
      const owner = await nodeOf(of, id, { told });
      await wantAll([owner]);
      await eventually("all are owned", () => owner.held.size === RESOURCES.length);
      await owner.node.close();
    }

    expect(told.filter((line) => line.startsWith("warn"))).toEqual([]);
  });

  test("a node that ends hands over one thing after the other, as it lets go of it", async () => {
    const of = group();
    const [a, b] = [await nodeOf(of, "a"), await nodeOf(of, "b", { released: (hold) => afterFirst(hold) })];
    let first: string | undefined;
    /** Drains until the other node has the first one that was let go of. */
    async function afterFirst({ resource }: Ownership): Promise<void> {
      first ??= resource;
      if (first !== resource) await eventually("a has the first", () => a.held.has(first ?? ""));
    }
    await seesBoth(a, b);
    await wantAll([a, b]);
    await eventually("all are owned", () => heldBy(a, b).length === RESOURCES.length);
    const before = new Map(b.held);

    await b.node.close();

    await eventually("a has all", () => a.held.size === RESOURCES.length);
    expect(b.heard.filter((each) => each.startsWith("released"))).toHaveLength(before.size);
    expect(b.heard.some((each) => each.startsWith("lost"))).toBe(false);
    for (const [resource, { epoch }] of before) expect(a.held.get(resource)?.epoch).toBeGreaterThan(epoch);
  });

  test("what a node that died without a word had becomes another's", async () => {
    const of = group();
    const [a, b] = [await nodeOf(of, "a"), await nodeOf(of, "b")];
    await seesBoth(a, b);
    await wantAll([a, b]);
    await eventually("all are owned", () => heldBy(a, b).length === RESOURCES.length);

    await b.node.drop();

    await eventually("a has all", () => a.held.size === RESOURCES.length);
  });

  test("a node without the role of an outbox owns nothing, and what it wants is another's", async () => {
    const of = group();
    const [a, b] = [await nodeOf(of, "a"), await nodeOf(of, "b", { roles: ["inbox", "admin"] })];
    await seesBoth(a, b);

    await wantAll([a, b]);

    await eventually("a has all", () => a.held.size === RESOURCES.length);
    expect(b.heard).toEqual([]);
    expect(b.node.nodes.ownerOf("r-1")?.id).toBe("a");
  });

  test("what another node forgets while it is owned is lost at once", async () => {
    const of = group();
    const [a, b] = [await nodeOf(of, "a"), await nodeOf(of, "b", { roles: [] })];
    await a.node.owners.want("r");
    const hold = a.held.get("r") ?? { resource: "r", epoch: -1 };

    await b.node.cursors.forget("r");

    await expect(a.node.owners.holdOf(hold).confirm()).rejects.toMatchObject({ code: "epoch_stale" });
    expect(a.heard).toEqual(["acquired r", "lost r"]);
  });
});
