import { expect, test } from "vitest";
import { SourceError } from "../../../../src/lib/connectors/port.ts";
import type { ConnectorStatus, Fault } from "../../../../src/lib/domain/connector-report.ts";
import { type ConnectorStage, openConnectorStage, RESOURCE } from "../../../support/connectors.ts";
import { MEASURE, sourceError } from "../../../support/scripted-source.ts";

const WARNING: Fault = { code: "table_missing", message: "The table is gone.", hint: "Make it." };
const snapshot = (rows: number, done: boolean) => {
  return { tables: [{ schema: "public", table: "orders", rows, rowsExpected: null, done }] };
};

/** When each opening was asked for, in seconds since the first. */
async function openings(stage: ConnectorStage, forS: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let second = 0; second <= forS * 2; second += 1) {
    while (times.length < stage.source.opens.length) times.push(second / 2);
    await stage.clock.advance(500);
  }
  return times;
}

test("it is starting, reads the snapshot, and streams; each turn is durable at once", async () => {
  const stage = await openConnectorStage();
  const seen: ConnectorStatus[] = [(await stage.report()).status];

  stage.source.commit([{ id: "r-0" }], { snapshot: snapshot(1, false), isSnapshot: true });
  await stage.idle();
  seen.push((await stage.report()).status);
  stage.source.commit([{ id: "r-1" }], { snapshot: snapshot(2, true) });
  await stage.idle();

  const last = await stage.report();
  expect([...seen, last.status]).toEqual(["starting", "snapshot", "streaming"]);
  expect(last.snapshot).toEqual(snapshot(2, true));
});

test("what is not there before the first position is not missed", async () => {
  const warnings: readonly Fault[] = [{ code: "slot_lost", message: "No slot.", hint: "Begin again." }];
  const stage = await openConnectorStage();
  stage.source.setMeasure({ ...MEASURE, warnings });

  await stage.pass(10_000);
  const before = await stage.report();
  stage.source.commit([{ id: "a" }]);
  await stage.pass(10_000);

  expect(before).toMatchObject({ status: "starting", warnings: [] });
  expect(await stage.report()).toMatchObject({ status: "degraded", warnings });
});

test.each([
  ["a beginning from scratch", { generation: 1, incarnation: 1 }],
  ["a change of the tables", { generation: 1 }],
])("what was found missing before %s is not told of what comes after it", async (_, change) => {
  const warnings: readonly Fault[] = [{ code: "slot_lost", message: "No slot.", hint: "Begin again." }];
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  stage.source.setMeasure({ lag: null, retainedBytes: null, warnings });
  await stage.pass(10_000);
  const before = await stage.report();
  stage.source.hang("measure");

  await stage.change(change);
  stage.source.commit([{ id: "b" }]);
  await stage.pass(2_000);

  expect(before).toMatchObject({ status: "degraded", warnings, lag: null, retainedBytes: null });
  expect(await stage.report()).toMatchObject({ status: "streaming", warnings: [] });
});

test("what was measured for an earlier form of the document is not told of a later one", async () => {
  const warnings: readonly Fault[] = [{ code: "table_missing", message: "No table.", hint: "Leave it out." }];
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  await stage.pass(2_000);
  stage.source.setMeasure({ ...MEASURE, warnings });
  const letGo = stage.source.hang("measure");
  await stage.pass(10_000);

  await stage.change({ generation: 1 });
  letGo();
  await stage.idle();

  expect(await stage.report()).toMatchObject({ status: "streaming", warnings: [] });
});

test("the next step of a fault and of a warning names the connector", async () => {
  const hint = "kbroker connector restart <name> --snapshot initial";
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  stage.source.setMeasure({ ...MEASURE, warnings: [{ code: "table_missing", message: "Gone.", hint }] });
  await stage.pass(10_000);
  const [warning] = (await stage.report()).warnings;

  stage.source.fail(new SourceError({ code: "slot_lost", message: "Gone.", hint }));
  await stage.idle();

  expect(warning?.hint).toBe("kbroker connector restart shop --snapshot initial");
  expect((await stage.report()).fault?.hint).toBe("kbroker connector restart shop --snapshot initial");
});

test("progress is written at most once a second", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  await stage.pass(2_000);
  const before = (await stage.report()).position;

  for (const id of ["b", "c"]) {
    stage.source.commit([{ id }]);
    await stage.pass(100);
  }
  const first = (await stage.report()).position;
  await stage.pass(1_000);

  expect([before, first]).toEqual(["0/1", "0/2"]);
  expect((await stage.report()).position).toBe("0/3");
});

test("a fault that may pass is tried again after 1 s, doubling to 30 s, and says when", async () => {
  const stage = await openConnectorStage();
  const lift = stage.source.failOpen(sourceError("database_unreachable"));
  stage.source.fail(sourceError("database_unreachable"));
  await stage.idle();
  const [first, failedAtMs] = [await stage.report(), stage.clock.now()];

  const times = await openings(stage, 120);
  lift();
  await stage.pass(30_000);

  expect(first).toMatchObject({ status: "retrying", fault: { code: "database_unreachable" } });
  expect(first.retryAtMs).toBe(failedAtMs + 1_000);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(gaps).toEqual([1, 2, 4, 8, 16, 30, 30]);
  expect(await stage.report()).toMatchObject({ status: "starting", fault: null, retryAtMs: null });
});

test("a slot that another session still uses is tried again every 1 to 2 s", async () => {
  const stage = await openConnectorStage();
  stage.source.failOpen(sourceError("slot_in_use"));
  stage.source.fail(sourceError("slot_in_use"));

  const times = await openings(stage, 20);

  expect(times.length).toBeGreaterThan(10);
});

test("a stream that stores something new begins its delays again", async () => {
  const stage = await openConnectorStage();
  const lift = stage.source.failOpen(sourceError("database_unreachable"));
  stage.source.fail(sourceError("database_unreachable"));
  await stage.pass(20_000);
  lift();
  await stage.pass(30_000);
  stage.source.commit([{ id: "a" }]);
  await stage.idle();
  const opened = stage.source.opens.length;

  stage.source.fail(sourceError("database_unreachable"));
  await stage.pass(1_000);

  expect(stage.source.opens.length).toBe(opened + 1);
});

test("a stream that went well for a minute begins its delays again, too", async () => {
  const stage = await openConnectorStage();
  const lift = stage.source.failOpen(sourceError("database_unreachable"));
  stage.source.fail(sourceError("database_unreachable"));
  await stage.pass(20_000);
  lift();
  await stage.pass(120_000);
  const opened = stage.source.opens.length;

  stage.source.fail(sourceError("database_unreachable"));
  await stage.pass(1_000);

  expect(stage.source.opens.length).toBe(opened + 1);
});

test.each(["slot_lost", "publication_missing", "key_changed", "other_database"] as const)(
  "%s waits for somebody, and a new generation tries again",
  async (code) => {
    const stage = await openConnectorStage();
    stage.source.fail(sourceError(code));
    await stage.pass(3_600_000);
    const before = await stage.report();
    const tried = stage.source.opens.length;

    await stage.change({ generation: 1 });
    stage.source.commit([{ id: "a" }]);
    await stage.idle();

    expect(before).toMatchObject({ status: "failed", fault: { code }, retryAtMs: null });
    expect(tried).toBe(1);
    expect(await stage.report()).toMatchObject({ status: "streaming", fault: null });
  },
);

test("anything else that fails is unexpected: its text is in the log and nowhere else", async () => {
  const stage = await openConnectorStage();

  stage.source.fail(new Error("the password is hunter2"));
  await stage.idle();
  const before = await stage.report();
  await stage.pass(1_000);

  expect(before).toMatchObject({ status: "retrying", fault: { code: "unexpected" } });
  expect(JSON.stringify(before)).not.toContain("hunter2");
  expect(stage.notes.lines).toContain("log error A connector failed on something unexpected.");
  expect(stage.source.opens).toHaveLength(2);
});

test("a stream that ends by itself is opened again", async () => {
  const stage = await openConnectorStage();

  stage.source.hangUp();
  await stage.pass(1_000);
  stage.source.commit([{ id: "a" }]);
  await stage.idle();

  expect(await stage.log()).toBe("a");
});

test("each fault is counted by its code, and said once", async () => {
  const stage = await openConnectorStage();
  stage.source.failOpen(sourceError("secret_missing"), 2);

  stage.source.fail(sourceError("secret_missing"));
  await stage.pass(10_000);

  const { lines } = stage.notes;
  expect(lines.filter((line) => line === "faulted shop secret_missing")).toHaveLength(3);
  expect(lines.filter((line) => line.includes("cannot go on"))).toHaveLength(1);
  expect(lines.filter((line) => line.includes("goes on."))).toHaveLength(1);
});

test("a warning of the stream makes it degraded, and it is over with it", async () => {
  const stage = await openConnectorStage();
  stage.source.setWarnings([WARNING]);
  stage.source.commit([{ id: "a" }]);
  await stage.pass(30_000);
  const before = await stage.report();

  stage.source.setWarnings([]);
  await stage.pass(10_000);

  expect(before).toMatchObject({ status: "degraded", warnings: [WARNING] });
  expect(stage.notes.lines.filter((line) => line === `log warn ${WARNING.message}`)).toHaveLength(1);
  expect(await stage.report()).toMatchObject({ status: "streaming", warnings: [] });
});

test("log that the database keeps over the limit is a warning, from the measurement on", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  stage.source.setMeasure({ ...MEASURE, retainedBytes: 1_001, lag: { bytes: 5, ms: 7.4 } });
  await stage.pass(10_000);
  const before = await stage.report();

  stage.source.setMeasure({ ...MEASURE, retainedBytes: 1_000 });
  await stage.pass(11_000);

  expect(before).toMatchObject({ status: "degraded", retainedBytes: 1_001, lag: { bytes: 5, ms: 7 } });
  expect(before.warnings.map(({ code }) => code)).toEqual(["retained_wal"]);
  expect(await stage.report()).toMatchObject({ status: "streaming", warnings: [] });
});

test("what cannot be measured is not known", async () => {
  const stage = await openConnectorStage();
  await stage.pass(10_000);
  const before = await stage.report();

  stage.source.setMeasure(sourceError("database_unreachable"));
  await stage.pass(11_000);

  expect(before.measuredAtMs).not.toBeNull();
  expect(await stage.report()).toMatchObject({ lag: null, retainedBytes: null, measuredAtMs: null });
});

test.each(["paused", "failed", "retrying"] as const)("it measures while it is %s, and stays so", async (status) => {
  const stage = await openConnectorStage({ connector: { state: status === "paused" ? "paused" : "active" } });
  stage.source.failOpen(sourceError("database_unreachable"));
  if (status === "failed") stage.source.fail(sourceError("slot_lost"));
  if (status === "retrying") stage.source.fail(sourceError("database_unreachable"));
  await stage.idle();
  stage.source.setMeasure({ ...MEASURE, retainedBytes: 5_000 });

  await stage.pass(11_000);

  const report = await stage.report();
  expect(report).toMatchObject({ status, retainedBytes: 5_000 });
  expect(report.warnings.map(({ code }) => code)).toEqual(["retained_wal"]);
});

test("a measurement that hangs holds nothing up", async () => {
  const stage = await openConnectorStage();
  stage.source.hang("measure");
  await stage.pass(20_000);

  stage.source.commit([{ id: "a" }]);
  await stage.idle();
  await stage.connectors.stop();

  expect(await stage.log()).toBe("a");
});

test("a source that has only empty batches, at once and for ever, leaves the process to others", async () => {
  const stage = await openConnectorStage();

  stage.source.babble();
  await stage.pass(1_000);

  expect(stage.source.yielded).toBeLessThan(200);
  expect(stage.source.yielded).toBeGreaterThan(10);
});

test("a report of another form does not stand in the way of a later beginning", async () => {
  const first = await openConnectorStage();
  await first.connectors.stop();
  first.storage.reports.set(RESOURCE, { atMs: 0, epoch: 1, value: { incarnation: 0, checkpoint: { at: 7 } } });
  const { clock, storage, source } = first;
  const second = await openConnectorStage({ clock, storage, source });

  await second.change({ generation: 1, incarnation: 1 });
  await second.pass(2_000);

  expect(source.opens.at(-1)).toMatchObject({ startsOver: true, checkpoint: undefined });
});

test("a report of another form is left as it is, and the connector does not begin", async () => {
  const first = await openConnectorStage();
  await first.connectors.stop();
  const report = first.storage.reports.get(RESOURCE);
  first.storage.reports.set(RESOURCE, { atMs: 0, epoch: 1, value: { incarnation: 0, checkpoint: { at: 7 } } });

  const { clock, storage, source } = first;
  const second = await openConnectorStage({ clock, storage, source });
  await second.pass(60_000);

  expect(report).toBeDefined();
  expect(source.opens).toHaveLength(1);
  expect(storage.reports.get(RESOURCE)?.value).toEqual({ incarnation: 0, checkpoint: { at: 7 } });
  expect(second.notes.lines.filter((line) => line.includes("cannot begin"))).toHaveLength(1);
});

test("one whose snapshot goes on after a crash says so before its next rows come", async () => {
  const table = { schema: "public", table: "orders", rows: 1, rowsExpected: 2, done: false };
  const first = await openConnectorStage();
  first.source.commit([{ id: "a" }], { isSnapshot: true, snapshot: { tables: [table] } });
  await first.pass(5_000);

  const second = await first.crash();
  await second.pass(5_000);

  expect(second.source.opens).toHaveLength(2);
  expect((await second.report()).status).toBe("snapshot");
});

test("the last change stays known while nothing but the position goes on", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a", timeMs: 5.4 }]);
  await stage.pass(5_000);

  stage.source.commit([]);
  await stage.pass(5_000);

  expect(await stage.report()).toMatchObject({ position: "0/2", lastChangeAtMs: 5 });
});
