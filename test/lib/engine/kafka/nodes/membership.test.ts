import { afterEach, expect } from "vitest";
import { type Membership, openMembership } from "../../../../../src/lib/engine/kafka/nodes/membership.ts";
import { openWire, type Wire } from "../../../../../src/lib/engine/kafka/wire/wire.ts";
import { systemClock } from "../../../../../src/lib/system-clock.ts";
import { describeWithKafka as describe, kafkaForTests, testWithKafka as test } from "../../../../support/kafka.ts";
import { eventually, freshPrefix, nodeName, settingsFor } from "../../../../support/kafka-nodes.ts";

const open: (() => Promise<unknown>)[] = [];
const told: string[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  told.length = 0;
});

async function wireFor(): Promise<Wire> {
  const wire = openWire({ settings: settingsFor(await kafkaForTests()), clock: systemClock });
  open.push(() => wire.close());
  return wire;
}

async function join(group: string, id: string, wire?: Wire): Promise<Membership> {
  const membership = openMembership({
    wire: wire ?? (await wireFor()),
    clock: systemClock,
    group,
    name: nodeName(id),
    report: (level, message, fields) => void told.push(`${level}: ${message} ${JSON.stringify(fields)}`),
  });
  open.push(() => membership.leave());
  return membership;
}

const ids = (membership: Membership) => membership.table()?.members.map(({ id }) => id) ?? [];
const knows = (membership: Membership, ...expected: readonly string[]) =>
  eventually(`${expected.join()} are there`, () => ids(membership).join() === expected.join());

describe("the nodes of a cluster", () => {
  test("all have the same table, and one that leaves is gone from it", async () => {
    const group = freshPrefix();
    const a = await join(group, "a");
    const b = await join(group, "b");
    const c = await join(group, "c");
    await Promise.all([a, b, c].map((each) => knows(each, "a", "b", "c")));
    expect(a.table()).toEqual(b.table());
    expect(c.table()?.version).toBe(a.table()?.version);

    await b.leave();

    await Promise.all([a, c].map((each) => knows(each, "a", "c")));
  });

  test("one that comes, and one that goes, is in the log of the others", async () => {
    const group = freshPrefix();
    const a = await join(group, "a");
    await knows(a, "a");
    const b = await join(group, "b");
    await knows(a, "a", "b");

    await b.leave();

    await knows(a, "a");
    expect(told).toContain('info: The nodes are others now. {"nodes":["a","b"],"came":["b"],"gone":[]}');
    expect(told).toContain('info: The nodes are others now. {"nodes":["a"],"came":[],"gone":["b"]}');
  });

  test("one that resigns stays among them until it leaves", async () => {
    const group = freshPrefix();
    const [a, b] = [await join(group, "a"), await join(group, "b")];
    await Promise.all([knows(a, "a", "b"), knows(b, "a", "b")]);

    b.resign();

    await eventually("b is leaving", () => a.table()?.members.find(({ id }) => id === "b")?.isLeaving === true);
    await b.leave();
    await knows(a, "a");
  });

  test("one that dies without a word is gone after its session", async () => {
    const group = freshPrefix();
    const [a, wire] = [await join(group, "a"), await wireFor()];
    const b = await join(group, "b", wire);
    await Promise.all([knows(a, "a", "b"), knows(b, "a", "b")]);

    await wire.close();

    await knows(a, "a");
    await eventually("b knows that nobody hears it", () => !b.isConfirmed());
    expect(a.isConfirmed()).toBe(true);
  });

  test("one that is started again at once takes its own place, and the others learn what it says now", async () => {
    const group = freshPrefix();
    const [a, wire] = [await join(group, "a"), await wireFor()];
    const b = await join(group, "b", wire);
    await Promise.all([knows(a, "a", "b"), knows(b, "a", "b")]);
    await wire.close();

    const again = await join(group, "b");

    const run = again.self().run;
    await eventually("a knows the new one", () => a.table()?.members.some((each) => each.run === run) === true, 5_000);
    expect(ids(a)).toEqual(["a", "b"]);
  });

  test("the only one that is started again takes its own place", async () => {
    const group = freshPrefix();
    const wire = await wireFor();
    const before = await join(group, "a", wire);
    await knows(before, "a");
    await wire.close();

    const again = await join(group, "a");

    await eventually("it knows itself", () => again.table()?.members[0]?.run === again.self().run, 5_000);
  });

  test("of two under one id the earlier one goes on under a name of its own, and says so", async () => {
    const group = freshPrefix();
    const first = await join(group, "a");
    await knows(first, "a");

    const second = await join(group, "a");

    await eventually("both are there", () => ids(second).length === 2 && ids(first).length === 2);
    expect(second.self().id).toBe("a");
    expect(first.self().id).toMatch(/^a-[0-9a-f]{6}$/);
    expect(told.join()).toContain("--node-id");
  });
});
