import { expect, test } from "vitest";
import { openConnectors } from "../../../../src/lib/broker/connectors/open-connectors.ts";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";
import type { OwnerHandler, Owners } from "../../../../src/lib/engine/port.ts";
import { CONNECTOR, openConnectorStage, RESOURCE } from "../../../support/connectors.ts";
import { settle } from "../../../support/manual-clock.ts";
import { isPending } from "../../../support/promises.ts";
import { sourceError } from "../../../support/scripted-source.ts";

const RESTARTED = { generation: 1, incarnation: 1 };

test("a paused connector reads nothing, and goes on where it was", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  await stage.idle();

  await stage.change({ state: "paused" });
  stage.source.commit([{ id: "b" }]);
  await stage.pass(60_000);
  const [paused, before, open] = [await stage.report(), await stage.log(), stage.source.openCount];
  await stage.change({ state: "active" });

  expect(paused).toMatchObject({ status: "paused", fault: null, position: "0/1" });
  expect([before, open]).toEqual(["a", 0]);
  expect(await stage.log()).toBe("a b");
  expect(stage.source.opens.at(-1)).toMatchObject({ checkpoint: { at: 1 }, startsOver: false });
  expect((await stage.report()).counts.duplicates).toBe(0);
});

test("what was read before a pause is stored and declared safe, and then it is paused", async () => {
  const stage = await openConnectorStage();
  const appending = stage.engine.hold({ call: "log.append" });
  stage.source.commit([{ id: "a" }]);
  stage.source.commit([{ id: "b" }]);
  await appending.arrived;

  const { catalog } = stage.engine;
  await catalog.put("connector", "shop", { ...CONNECTOR, state: "paused" }, 1);
  const before = await stage.report();
  appending.letGo();
  await stage.idle();

  expect(before.status).not.toBe("paused");
  expect([await stage.log(), stage.source.safe]).toEqual(["a", [1]]);
  expect(await stage.report()).toMatchObject({ status: "paused", position: "0/1" });
});

test("what came while an earlier position was noted is declared safe before a pause, too", async () => {
  const stage = await openConnectorStage();
  await stage.pass(5_000);
  const reporting = stage.engine.hold({ call: "reports.report" });
  stage.source.commit([{ id: "a" }]);
  await reporting.arrived;
  stage.source.commit([{ id: "b" }]);
  await settle();
  reporting.letGo();
  await stage.idle();

  await stage.change({ state: "paused" });

  expect([await stage.log(), stage.source.safe]).toEqual(["a b", [1, 2]]);
});

test("a pause does not wait for room on the disk", async () => {
  const stage = await openConnectorStage();
  const lift = stage.engine.fail({ call: "log.append" });
  stage.source.commit([{ id: "a" }]);
  await stage.pass(5_000);

  await stage.change({ state: "paused" });
  const paused = await stage.report();
  lift();
  await stage.pass(60_000);
  const before = await stage.log();
  await stage.change({ state: "active" });

  expect(paused).toMatchObject({ status: "paused", fault: null });
  expect([before, await stage.log(), stage.source.safe]).toEqual(["", "a", [1]]);
  expect(stage.notes.lines.filter((line) => line.includes("unexpected"))).toEqual([]);
});

test("a pause is told as soon as it can be written", async () => {
  const stage = await openConnectorStage();
  const lift = stage.engine.fail({ call: "reports.report" });
  await stage.change({ state: "paused" });
  await stage.pass(10_000);
  const before = (await stage.report()).status;

  lift();
  await stage.pass(1_000);

  expect(before).not.toBe("paused");
  expect((await stage.report()).status).toBe("paused");
});

test("a changed document of a higher generation is opened anew, where it was", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  await stage.idle();

  await stage.change({ generation: 1, tables: CONNECTOR.tables.slice(0, 1) });

  expect(stage.source.openCount).toBe(1);
  expect(stage.source.opens).toHaveLength(2);
  expect(stage.source.opens.at(-1)).toMatchObject({
    settings: { tables: [{ schema: "public", table: "orders" }], slot: "kbroker_shop_1" },
    ...{ checkpoint: { at: 1 }, startsOver: false },
  });
});

test("an opening that is under way when the document changes is let go of before the next one", async () => {
  const stage = await openConnectorStage({ connector: { state: "paused" } });
  const go = stage.source.hang("open");
  await stage.change({ state: "active" });

  await stage.change({ generation: 1 });
  const before = stage.source.opens.length;
  go();
  await stage.idle();

  expect(before).toBe(1);
  expect([stage.source.opens.length, stage.source.openCount]).toEqual([2, 1]);
});

test("a beginning from scratch throws the position and the counters away before the new one is believed", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  await stage.pass(1_000);
  const lift = stage.source.failOpen(sourceError("database_unreachable"));
  await stage.change(RESTARTED);
  const between = await stage.report();

  lift();
  await stage.pass(60_000);

  expect(between).toMatchObject({
    ...{ incarnation: 1, checkpoint: null, position: null, counts: { changes: 0 }, startsOver: true },
    fault: { code: "database_unreachable" },
  });
  expect(stage.source.opens.at(-1)).toMatchObject({ checkpoint: undefined, startsOver: true });
  expect(await stage.report()).toMatchObject({ incarnation: 1, counts: { changes: 1, duplicates: 1 } });
});

test("a process that dies before the source has begun anew tells it again", async () => {
  const first = await openConnectorStage();
  first.source.commit([{ id: "a" }]);
  await first.pass(1_000);
  const lift = first.source.failOpen(sourceError("database_unreachable"));
  await first.change(RESTARTED);

  const second = await first.crash();
  lift();
  await second.pass(2_000);
  const third = await second.crash();
  await third.pass(2_000);

  const told = third.source.opens.map(({ startsOver }) => startsOver);
  expect(told).toEqual([false, true, true, true, false]);
});

test("a paused connector that is to begin from scratch knows nothing of before at once, and stays paused", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  await stage.pass(1_000);
  await stage.change({ state: "paused" });

  await stage.change(RESTARTED);

  expect(await stage.report()).toMatchObject({ incarnation: 1, status: "paused", checkpoint: null });
  expect(stage.source.opens).toHaveLength(1);
});

test("nothing of a new beginning is stored before it is durable that it began", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  await stage.pass(1_000);
  stage.source.rewrite(0, [{ id: "z" }]);
  const lift = stage.engine.fail({ call: "reports.report" });

  await stage.change(RESTARTED);
  await stage.pass(10_000);
  const opens = stage.source.opens.length;
  lift();
  stage.engine.fail({ call: "reports.report", skip: 1, times: 1 });
  await stage.clock.advance(500);
  const before = await stage.log();
  await stage.pass(10_000);

  expect([opens, before]).toEqual([1, "a"]);
  expect(await stage.log()).toBe("a z");
});

test("rows of a snapshot are not stored under a beginning that a crash would forget", async () => {
  const stage = await openConnectorStage();
  await stage.pass(5_000);
  const reporting = stage.engine.hold({ call: "reports.report" });

  stage.source.commit([], { isSnapshot: true });
  stage.source.commit([{ id: "row" }], { isSnapshot: true });
  await reporting.arrived;
  await stage.clock.advance(100);
  const before = await stage.log();
  reporting.letGo();
  await stage.idle();
  await stage.pass(1_000);

  expect([before, await stage.log()]).toEqual(["", "row"]);
  expect(await stage.report()).toMatchObject({ status: "snapshot", checkpoint: { at: 2 } });
});

test("a connector that was marked as deleted is let go of, and reads nothing more", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  await stage.idle();

  await stage.change({ deletion: { atMs: 1, purgeErrors: false, keepSlot: false } });
  stage.source.commit([{ id: "b" }]);
  await stage.pass(60_000);

  expect([await stage.log(), stage.source.openCount]).toEqual(["a", 0]);
});

test("a stop makes durable what was read, tells the source, and reports last", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  await stage.pass(5_000);
  const appending = stage.engine.hold({ call: "log.append" });
  stage.source.commit([{ id: "b" }]);
  await appending.arrived;

  const stopping = stage.connectors.stop();
  const waited = await isPending(stopping);
  appending.letGo();
  await stopping;

  expect(waited).toBe(true);
  expect([await stage.log(), stage.source.safe, stage.source.openCount]).toEqual(["a b", [1, 2], 0]);
  expect((await stage.report()).checkpoint).toEqual({ at: 2 });
});

test.each(["open", "close"] as const)(
  "a source that hangs in %s does not keep the broker from stopping",
  async (call) => {
    const stage = await openConnectorStage({ connector: { state: "paused" } });
    stage.source.hang(call);
    await stage.change({ state: "active" });

    const stopping = stage.connectors.stop();
    await stage.clock.advance(5_000);

    expect(await isPending(stopping)).toBe(false);
  },
);

test("an append that hangs does not keep the broker from stopping, and counts for nothing afterwards", async () => {
  const stage = await openConnectorStage();
  const appending = stage.engine.hold({ call: "log.append" });
  stage.source.commit([{ id: "a" }]);
  await appending.arrived;

  const stopping = stage.connectors.stop();
  await stage.clock.advance(10_000);
  const isStopping = await isPending(stopping);
  appending.letGo();
  await stage.idle();

  expect(isStopping).toBe(false);
  expect(stage.source.safe).toEqual([]);
  expect((await stage.report()).checkpoint).toBeNull();
});

test("a report that hangs does not keep the broker from stopping, and what it tells later declares nothing safe", async () => {
  const stage = await openConnectorStage();
  await stage.pass(5_000);
  const reporting = stage.engine.hold({ call: "reports.report" });
  stage.source.commit([{ id: "a" }]);
  await reporting.arrived;

  const stopping = stage.connectors.stop();
  await stage.clock.advance(10_000);
  const isStopping = await isPending(stopping);
  reporting.letGo();
  await stage.idle();

  expect(isStopping).toBe(false);
  expect(stage.source.safe).toEqual([]);
});

test("an owner that was superseded declares nothing safe, changes no report, and ends", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  await stage.pass(5_000);
  const before = await stage.report();
  const appending = stage.engine.hold({ call: "log.append" });
  stage.source.commit([{ id: "b" }]);
  await appending.arrived;

  stage.storage.epochs.set(RESOURCE, 2);
  await stage.clock.advance(10_000);
  appending.letGo();
  stage.source.commit([{ id: "c" }]);
  await stage.pass(60_000);

  expect(stage.notes.lines).toContain("log warn The connector has a newer owner.");
  expect(stage.source.safe).toEqual([1]);
  expect(await stage.report()).toEqual(before);
  expect([await stage.log(), stage.source.openCount]).toEqual(["a b", 0]);
});

test("an owner that was superseded in the midst of a batch appends nothing more of it", async () => {
  const stage = await openConnectorStage({ limits: { page: { countMax: 1, bytesMax: 1_000 } } });
  await stage.pass(5_000);
  const appending = stage.engine.hold({ call: "log.append" });
  stage.source.commit([{ id: "a" }, { id: "b" }]);
  await appending.arrived;

  stage.storage.epochs.set(RESOURCE, 2);
  await stage.clock.advance(10_000);
  appending.letGo();
  await stage.pass(60_000);

  expect(await stage.log()).toBe("a");
});

test("two owners at once store each event once and in order", async () => {
  const old = await openConnectorStage();
  old.source.commit([{ id: "a", key: "1" }]);
  await old.pass(5_000);

  const next = await old.successor();
  for (const id of ["b", "c", "d"]) {
    old.source.commit([{ id, key: "1" }]);
    await next.idle();
  }
  await next.pass(5_000);

  expect(await next.log()).toBe("a b c d");
  expect((await next.report()).counts.changes).toBe(4);
  expect(old.notes.lines).toContain("log warn The connector has a newer owner.");
});

test("a connector that cannot be owned yet is asked for again", async () => {
  const stage = await openConnectorStage();
  const { engine, clock, storage, source } = stage;
  await stage.connectors.stop();
  let fails = 2;
  const { want } = engine.owners;
  const owners = {
    ...engine.owners,
    want: (resource: string) => {
      fails -= 1;
      return fails >= 0 ? Promise.reject(new KBrokerError("internal", "Not now.")) : want(resource);
    },
  };

  const sources = { postgresql: source };
  const again = openConnectors({
    ...{ engine: { ...engine, owners }, clock, sources, random: () => 0.5, observer: stage.notes },
  });
  void again.start();
  await clock.advance(5_000);

  expect(fails).toBe(-1);
  expect(storage.epochs.get(RESOURCE)).toBe(1);
  await again.stop();
});

test("a connector of a form that is not known is left alone", async () => {
  const stage = await openConnectorStage();

  await stage.engine.catalog.put("connector", "other", { name: "other", kind: "oracle" }, 0);
  await stage.idle();

  expect(stage.notes.lines).toContain(
    "log error A connector has a form that this version does not know; it is left alone.",
  );
  expect(stage.source.opens).toHaveLength(1);
});

/** Owners that hand out only what the test hands out. */
async function openHandedOut() {
  const stage = await openConnectorStage();
  await stage.connectors.stop();
  let handler: OwnerHandler | undefined;
  const wanted: string[] = [];
  const owners: Owners = {
    handle: (given) => {
      handler = given;
    },
    async want(resource) {
      wanted.push(resource);
      if (wanted.length === 1) throw new KBrokerError("internal", "Not now.");
    },
    confirm: () => undefined,
    unwant: async () => {},
    leave: async () => {},
  };
  const connectors = openConnectors({
    ...{ engine: { ...stage.engine, owners }, clock: stage.clock, sources: { postgresql: stage.source } },
    ...{ random: () => 0.5, observer: stage.notes },
  });
  void connectors.start();
  await settle();
  return { stage, connectors, wanted, handler };
}

test("once it stops, nothing is asked for any more, and what is handed out all the same is not begun", async () => {
  const { stage, connectors, wanted, handler } = await openHandedOut();
  const before = stage.source.opens.length;

  await connectors.stop();
  await stage.clock.advance(60_000);
  stage.storage.epochs.set(RESOURCE, 9);
  await handler?.acquired({ resource: RESOURCE, epoch: 9 });
  await stage.idle();

  expect(wanted).toEqual([RESOURCE]);
  expect(stage.source.opens.length).toBe(before);
});

test("the loss of an earlier hold does not end the later one", async () => {
  const { stage, connectors, handler } = await openHandedOut();
  stage.storage.epochs.set(RESOURCE, 9);
  await handler?.acquired({ resource: RESOURCE, epoch: 9 });
  await settle();

  handler?.lost({ resource: RESOURCE, epoch: 8 });
  stage.source.commit([{ id: "a" }]);
  await stage.idle();

  expect(await stage.log()).toBe("a");
  await connectors.stop();
});
