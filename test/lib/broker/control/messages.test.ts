import { describe, expect, it, onTestFinished } from "vitest";
import type { MessageQuery } from "../../../../src/lib/broker/requests/messages.ts";
import { memoryEngine } from "../../../../src/lib/engine/memory/engine.ts";
import type { Engine } from "../../../../src/lib/engine/port.ts";
import { bytes, openTestBroker } from "../../../support/broker.ts";
import { manualClock, settle } from "../../../support/manual-clock.ts";
import { isPending } from "../../../support/promises.ts";

const HOUR_MS = 3_600_000;

async function withTopic(change: (engine: Engine) => Partial<Engine["log"]> = () => ({})) {
  const clock = manualClock();
  const memory = memoryEngine({ clock });
  const engine = { ...memory, log: { ...memory.log, ...change(memory) } };
  const test = await openTestBroker({ clock, engine });
  await test.broker.createTopic({ name: "orders", visibility: "private", ttlMs: 2 * HOUR_MS });
  const publish = async (...ids: string[]) => {
    for (const id of ids) {
      await test.broker.publish({
        topic: "orders",
        id,
        key: `k-${id}`,
        attributes: [["event-type", id]],
        payload: bytes(`"${id}"`),
      });
    }
  };
  const read = (query: Partial<MessageQuery> = {}) =>
    test.broker.readMessages({ topic: "orders", from: "beginning", limit: 100, filter: [], waitMs: 0, ...query });
  const ids = async (query: Partial<MessageQuery> = {}) => (await read(query)).entries.map(({ message }) => message.id);
  const find = (id: string, more: { since?: string; before?: string } = {}) =>
    test.broker.findMessage({ topic: "orders", id, since: "beginning", ...more });
  return { ...test, publish, read, ids, find };
}

describe("a topic is read", () => {
  it("from its beginning, its end, a time, a duration ago, a position or the last so many", async () => {
    const { clock, publish, ids } = await withTopic();
    await publish("a", "b");
    await clock.advance(HOUR_MS);
    await publish("c", "d");
    const hourAgo = new Date(clock.now() - HOUR_MS + 1).toISOString();

    expect(await ids()).toEqual(["a", "b", "c", "d"]);
    expect(await ids({ from: "latest" })).toEqual([]);
    expect(await ids({ from: hourAgo })).toEqual(["c", "d"]);
    expect(await ids({ from: "30m" })).toEqual(["c", "d"]);
    expect(await ids({ from: "0:1" })).toEqual(["b", "c", "d"]);
    expect(await ids({ last: 1 })).toEqual(["d"]);
    expect(await ids({ last: 0 })).toEqual([]);
    expect(await ids({ last: 9 })).toEqual(["a", "b", "c", "d"]);
  });

  it("page by page, each message once", async () => {
    const { publish, read } = await withTopic();
    await publish("a", "b", "c");

    const first = await read({ limit: 2 });
    const second = await read({ from: first.next, limit: 2 });

    expect([first.atEnd, second.atEnd]).toEqual([false, true]);
    expect([first.next, second.next]).toEqual(["0:2", "0:3"]);
    expect([...first.entries, ...second.entries].map(({ shard, message }) => [shard, message.offset])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
  });

  it("in pages that are bounded in bytes", async () => {
    const { broker, read } = await withTopic();
    const payload = bytes(`"${"x".repeat(60_000)}"`);
    for (let count = 0; count < 40; count += 1) await broker.publish({ topic: "orders", attributes: [], payload });

    const page = await read();

    expect(page.entries.length).toBeGreaterThan(10);
    expect(page.entries.length).toBeLessThan(20);
    expect(page.atEnd).toBe(false);
  });

  it("without what is past its time to live", async () => {
    const { clock, publish, ids } = await withTopic();
    await publish("old");
    await clock.advance(2 * HOUR_MS);
    await publish("new");

    expect(await ids()).toEqual(["new"]);
    expect(await ids({ from: "0:0" })).toEqual(["new"]);
  });

  it("by id, key and attributes, which all have to fit", async () => {
    const { publish, ids } = await withTopic();
    await publish("a", "b", "c");

    expect(await ids({ filter: [["id", "b"]] })).toEqual(["b"]);
    expect(await ids({ filter: [["key", "k-c"]] })).toEqual(["c"]);
    expect(await ids({ filter: [["Event-Type", "a"]] })).toEqual(["a"]);
    expect(
      await ids({
        filter: [
          ["id", "a"],
          ["key", "k-b"],
        ],
      }),
    ).toEqual([]);
  });

  it("by a filter in bounded parts, so that nobody waits long for a page without a hit", async () => {
    const { broker, publish, read } = await withTopic();
    const line = '{"payload":1}\n';
    for (let count = 0; count < 12; count += 1)
      await broker.publishBatch({ topic: "orders", batch: bytes(line.repeat(1_000)) });
    await publish("hit");

    const first = await read({ filter: [["id", "hit"]] });
    const second = await read({ filter: [["id", "hit"]], from: first.next });

    expect([first.entries.length, first.atEnd, first.next]).toEqual([0, false, "0:10000"]);
    expect(second.entries.map(({ message }) => message.id)).toEqual(["hit"]);
  });

  it("with what is damaged named, never skipped in silence", async () => {
    const { publish, read } = await withTopic(({ log }) => ({
      read: async (shard, from, limits) => {
        const result = await log.read(shard, from, limits);
        const records = result.records.filter(({ offset }) => offset !== 1);
        return { ...result, records, damaged: from <= 1 && result.next > 1 ? [{ from: 1, to: 2 }] : [] };
      },
    }));
    await publish("a", "b", "c");

    const page = await read();

    expect(page.entries.map(({ message }) => message.id)).toEqual(["a", "c"]);
    expect(page.damaged).toEqual([{ shard: 0, from: 1, to: 2 }]);
  });

  it.each(["tomorrow", "0:", "1e3:1", "0:1,", "2999-01-01T00:00:00Z"])("not from %j", async (from) => {
    const { read } = await withTopic();

    await expect(read({ from })).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("Reading cannot start from"),
    });
  });

  it("not from a position that the topic never had", async () => {
    const { publish, read } = await withTopic();
    await publish("a");

    await expect(read({ from: "0:2" })).rejects.toMatchObject({
      code: "invalid_request",
      message: '"orders" has no position 0:2: the next message gets 1.',
    });
  });
});

describe("who waits for something new", () => {
  it("is answered when it comes", async () => {
    const { publish, read } = await withTopic();
    const waiting = read({ from: "latest", waitMs: 10_000 });
    expect(await isPending(waiting)).toBe(true);

    await publish("a");

    expect((await waiting).entries.map(({ message }) => message.id)).toEqual(["a"]);
  });

  it("is answered with nothing when the time is over", async () => {
    const { clock, read } = await withTopic();
    const waiting = read({ last: 10, waitMs: 10_000 });
    await settle();

    await clock.advance(10_000);

    expect(await waiting).toMatchObject({ entries: [], next: "0:0", atEnd: true });
  });

  it("is answered at once when the broker stops, and so holds up no shutdown", async () => {
    const { broker, read } = await withTopic();
    const waiting = read({ from: "latest", waitMs: 10_000 });
    await settle();

    await broker.stop(0);

    expect(await waiting).toMatchObject({ entries: [] });
  });

  it("is told when the topic is deleted meanwhile", async () => {
    const { broker, read } = await withTopic();
    const waiting = read({ from: "latest", waitMs: 10_000 });
    await settle();

    await broker.deleteTopic("orders", { cascade: false, purgeErrors: false, dryRun: false });

    await expect(waiting).rejects.toMatchObject({ code: "topic_not_found" });
  });
});

describe("a message is found by its id", () => {
  it("the newest of those with one id", async () => {
    const { clock, publish, find } = await withTopic();
    await publish("a");
    await clock.advance(HOUR_MS);
    await publish("b", "a", "c");

    expect(await find("a")).toMatchObject({ found: { shard: 0, message: { offset: 2 } }, before: null });
  });

  it("in bounded parts, newest first, from where the one before stopped", async () => {
    const { broker, publish, find } = await withTopic();
    await publish("a");
    const payload = bytes(`"${"x".repeat(60_000)}"`);
    for (let count = 0; count < 2_000; count += 1) await broker.publish({ topic: "orders", attributes: [], payload });

    const first = await find("a");
    const second = await find("a", { before: first.before ?? "" });

    expect(first).toMatchObject({ found: null, before: "0:1001" });
    expect(first.reachedMs).not.toBeNull();
    expect(second.found === null ? await find("a", { before: second.before ?? "" }) : second).toMatchObject({
      found: { message: { offset: 0 } },
    });
  });

  it("no further back than asked", async () => {
    const { clock, publish, find } = await withTopic();
    await publish("a");
    await clock.advance(HOUR_MS);
    await publish("b");

    expect(await find("a", { since: "30m" })).toEqual({ found: null, before: null, reachedMs: clock.now() });
    expect(await find("a")).toMatchObject({ found: { message: { id: "a" } } });
  });
});

it("many that wait at once are no leak to Node, and all of them end when the broker stops", async () => {
  const warnings: string[] = [];
  const warned = ({ message }: Error) => warnings.push(message);
  process.on("warning", warned);
  onTestFinished(() => void process.off("warning", warned));
  const { broker, read } = await withTopic();

  const waiting = Array.from({ length: 100 }, () => read({ from: "latest", waitMs: 10_000 }));
  await settle();
  expect(await isPending(Promise.race(waiting))).toBe(true);
  await broker.stop(0);

  expect((await Promise.all(waiting)).map(({ entries }) => entries.length)).toEqual(waiting.map(() => 0));
  expect(warnings).toEqual([]);
});
