import { expect, test } from "vitest";
import { varied } from "../../../../src/lib/broker/connectors/append-plan.ts";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";
import { bytes } from "../../../support/broker.ts";
import { openConnectorStage } from "../../../support/connectors.ts";

const text = (payload: Uint8Array | undefined) => new TextDecoder().decode(payload);
const row = (bytes: number) => JSON.stringify("x".repeat(bytes - 2));

test("each event that is stored is told as published to its topic", async () => {
  const stage = await openConnectorStage();

  stage.source.commit([{ id: "a-0" }, { id: "a-1" }]);
  await stage.idle();

  const published = stage.notes.lines.filter((line) => line.startsWith("published"));
  expect(stage.notes.lines).toContain("captured shop");
  expect(published).toEqual(["published cdc_shop-shop_orders stored", "published cdc_shop-shop_orders stored"]);
});

test("an id that stands for another row's state is one more event under an id of its own, the same each time", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a-0", key: "1", text: '"old"' }]);
  await stage.idle();
  stage.source.rewrite(0, [{ id: "a-0", key: "1", text: '"new"' }]);
  const over = { incarnation: 1, generation: 1 };

  await stage.change(over);
  const once = await stage.log();
  await stage.change({ incarnation: 2, generation: 2 });

  expect(once).toMatch(/^a-0 a-0-[0-9a-f]{8}$/);
  expect(await stage.log()).toBe(once);
  expect(text((await stage.stored()).at(-1)?.payload)).toBe('"new"');
});

test("an event is stored even where the id that is made of its bytes is another one's already", async () => {
  const stage = await openConnectorStage();
  const { id } = await varied({ id: "a-0", attributes: [], payload: bytes('"new"') });
  stage.source.commit([
    { id: "a-0", text: '"old"' },
    { id, text: '"another"' },
  ]);
  await stage.idle();
  stage.source.rewrite(0, [{ id: "a-0", text: '"new"' }]);

  await stage.change({ incarnation: 1, generation: 1 });

  expect((await stage.stored()).map(({ payload }) => text(payload))).toEqual(['"old"', '"another"', '"new"']);
});

test("what came behind such an event under its key comes again behind it, and nothing else does", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a-0", key: "1", text: '"old"' }]);
  await stage.idle();
  stage.source.rewrite(0, [
    { id: "a-0", key: "1", text: '"new"' },
    { id: "a-1", key: "2" },
    { id: "a-2", key: "1" },
  ]);

  await stage.change({ incarnation: 1, generation: 1 });

  const events = (await stage.stored()).map(({ key, payload }) => `${key}:${text(payload)}`);
  expect(events).toEqual(['1:"old"', '2:"a-1"', '1:"a-2"', '1:"new"', '1:"a-2"']);
});

test("an event that concerns the whole table has everything behind it come again, too", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a-0", text: '"old"' }]);
  await stage.idle();
  stage.source.rewrite(0, [
    { id: "a-0", text: '"new"' },
    { id: "a-1", key: "2" },
  ]);

  await stage.change({ incarnation: 1, generation: 1 });

  expect(await stage.log()).toMatch(/^a-0 a-1 a-0-[0-9a-f]{8} a-1-[0-9a-f]{8}$/);
});

test("a batch of any size is stored in order, page by page", async () => {
  const stage = await openConnectorStage({ limits: { page: { countMax: 2, bytesMax: 100 } } });
  const changes = Array.from({ length: 7 }, (_, index) => ({ id: `a-${index}`, text: row(index === 3 ? 99 : 30) }));
  stage.engine.fail({ call: "log.append", skip: 2, times: 2, error: new KBrokerError("overloaded", "Busy.") });

  stage.source.commit(changes);
  await stage.pass(3_000);

  expect(await stage.log()).toBe("a-0 a-1 a-2 a-3 a-4 a-5 a-6");
  expect(stage.source.safe).toEqual([1]);
});

test("a row over the limit stops the connector before anything of its batch is stored, and is named by table and key", async () => {
  const stage = await openConnectorStage();

  stage.source.commit([{ id: "a-0" }, { id: "a-1", table: 1, key: "42", text: row(65_537) }]);
  await stage.pass(60_000);

  const { status, fault } = await stage.report();
  expect(status).toBe("failed");
  expect(fault?.code).toBe("row_too_large");
  expect(fault?.message).toContain('the key "42" in public.lines');
  expect(JSON.stringify(stage.notes.lines)).not.toContain("xxx");
  expect(`${await stage.log()}${await stage.log(1)}`).toBe("");
  expect([stage.source.safe, stage.source.opens.length]).toEqual([[], 1]);
});

test("a row over the limit is left out and counted where that is wished", async () => {
  const stage = await openConnectorStage({ connector: { onOversize: "skip" } });

  stage.source.commit([{ id: "a-0" }, { id: "a-1", key: "42", text: row(65_537) }, { id: "a-2", text: row(65_536) }]);
  await stage.pass(1_000);

  expect(await stage.log()).toBe("a-0 a-2");
  expect((await stage.report()).counts).toEqual({ changes: 2, duplicates: 0, oversize: 1 });
  expect(stage.notes.lines).toContain("log warn A change is left out: its event is over the limits of a message.");
});

test("a row that is too deep is over the limit; one at the limit is not", async () => {
  const stage = await openConnectorStage({ connector: { onOversize: "skip" } });
  const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

  stage.source.commit([
    { id: "a-0", text: deep(100) },
    { id: "a-1", text: deep(101) },
    { id: "a-2", text: '"[[\\"[["' },
  ]);
  await stage.pass(1_000);

  expect(await stage.log()).toBe("a-0 a-2");
});

test("what a connector does with large rows changes while it reads", async () => {
  const stage = await openConnectorStage();
  await stage.change({ onOversize: "skip" });

  stage.source.commit([{ id: "a-0", text: row(65_537) }]);
  await stage.pass(1_000);

  expect((await stage.report()).counts.oversize).toBe(1);
  expect(stage.source.opens).toHaveLength(1);
});

test("a full disk is waited for, and then it goes on by itself where it was", async () => {
  const stage = await openConnectorStage();
  const lift = stage.engine.fail({ call: "log.append", on: "topic-2" });
  stage.source.commit([{ id: "a-0" }, { id: "a-1", table: 1 }]);
  stage.source.commit([{ id: "b-0" }, { id: "b-1", table: 1 }]);
  await stage.pass(20_000);
  const full = await stage.report();

  lift();
  await stage.pass(30_000);

  expect(full).toMatchObject({ status: "retrying", fault: { code: "broker_full" }, position: null });
  expect(full.retryAtMs).toBeGreaterThan(0);
  expect(await stage.report()).toMatchObject({ status: "streaming", fault: null, retryAtMs: null, position: "0/2" });
  expect([await stage.log(), await stage.log(1)]).toEqual(["a-0 b-0", "a-1 b-1"]);
  expect((await stage.report()).counts.duplicates).toBe(0);
  expect(stage.source.opens).toHaveLength(1);
});

test("an engine that is busy is waited for without a word", async () => {
  const stage = await openConnectorStage();
  stage.engine.fail({ call: "log.append", times: 3, error: new KBrokerError("overloaded", "Busy.") });

  stage.source.commit([{ id: "a-0" }]);
  stage.source.commit([{ id: "b-0" }]);
  await stage.pass(5_000);

  expect(await stage.log()).toBe("a-0 b-0");
  expect(stage.notes.lines.filter((line) => line.startsWith("faulted"))).toEqual([]);
});

test("a topic that is gone stops the connector before anything is read", async () => {
  const stage = await openConnectorStage({ connector: { state: "paused" } });
  await stage.engine.log.deleteTopic("topic-2");
  stage.source.commit([{ id: "a-0" }]);

  await stage.change({ state: "active" });
  await stage.pass(60_000);

  expect(await stage.report()).toMatchObject({ status: "failed", fault: { code: "topic_missing" } });
  expect((await stage.report()).fault?.message).toContain("cdc_shop-shop_lines");
  expect([stage.source.opens.length, await stage.log()]).toEqual([0, ""]);
});

test("a topic that goes while it is written to stops the connector, too", async () => {
  const stage = await openConnectorStage();
  await stage.engine.log.deleteTopic("topic-1");

  stage.source.commit([{ id: "a-0" }]);
  await stage.idle();

  expect(await stage.report()).toMatchObject({ status: "failed", fault: { code: "topic_missing" } });
  expect([stage.source.safe, stage.source.openCount]).toEqual([[], 0]);
});

test("an event that no message could carry gets into no topic", async () => {
  const stage = await openConnectorStage();

  stage.source.commit([{ id: "no id" }]);
  await stage.idle();

  expect(await stage.log()).toBe("");
  expect(await stage.report()).toMatchObject({ status: "retrying", fault: { code: "unexpected" } });
});

test("where repeats may be stored, a row of the beginning is never taken for one, and a change is", async () => {
  const stage = await openConnectorStage({ storing: { remembers: "nothing" } });
  const snapshot = { tables: [{ schema: "public", table: "orders", rows: 1, rowsExpected: 1, done: true }] };

  stage.source.commit([{ id: "0-r1", key: "1" }], { snapshot });
  stage.source.commit([{ id: "a-0", key: "1" }]);
  await stage.idle();

  const marks = (await stage.stored()).map(({ id, dedupeWindowMs }) => [id, dedupeWindowMs]);
  expect(marks).toEqual([
    ["0-r1", undefined],
    ["a-0", 600_000],
  ]);
});
