import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Message, StoredMessage } from "../../src/lib/domain/message.ts";
import type { Engine } from "../../src/lib/engine/port.ts";
import { ALL, comparable, cursor, message, own } from "../conformance/fixtures.ts";
import { openIn, quickFolder } from "../lib/engine/embedded/fixtures.ts";
import { manualClock } from "../support/manual-clock.ts";
import { afterPowerCut, everyLoss } from "./power-cut.ts";
import { type Operation, recordedFiles } from "./recorded-files.ts";

const TOPICS = ["a", "b"];
const SEGMENT_BYTES_MAX = 1_500;
const WINDOW_MS = 600_000;

/** What was handed in, and what came of it. */
interface Issued {
  readonly topicId: string;
  readonly message: Message;
  readonly deduped: boolean;
  /** How many operations had been done when it was acknowledged. */
  acknowledged?: { readonly operations: number; readonly offset: number };
  /** How many operations had been done when it was refused. */
  refused?: number;
}

type Acknowledged = Issued & Required<Pick<Issued, "acknowledged">>;

interface Run {
  readonly operations: readonly Operation[];
  /** The state's file as it was before the operation of that number. */
  readonly states: readonly { readonly operations: number; readonly contents: Buffer }[];
  readonly issued: readonly Issued[];
  readonly trims: readonly { readonly topicId: string; readonly before: number; readonly operations: number }[];
}

interface Cut {
  readonly count: number;
  readonly state: Buffer;
  readonly files: ReadonlyMap<string, Buffer>;
}

test("a power cut at any moment loses nothing acknowledged and leaves nothing half-written to be served", {
  timeout: 300_000,
}, async () => {
  const run = await record();
  const seen = { operations: run.operations.length, cuts: 0, acknowledged: 0, served: 0 };

  for (let count = 0; count <= run.operations.length; count += 1) {
    const reopened = await Promise.all(differentCuts(run, count).map((cut) => reopen(run, cut)));
    seen.cuts += reopened.length;
    for (const { acknowledged, served } of reopened) {
      seen.acknowledged += acknowledged;
      seen.served += served;
    }
  }

  const [created, unlinked] = [numberOf(run, "create"), numberOf(run, "unlink")];
  console.info(`power cut: ${JSON.stringify({ ...seen, created, unlinked, lost: 0, halfWritten: 0 })}`);
  expect(created).toBeGreaterThan(10);
  expect(unlinked).toBeGreaterThan(4);
  expect(seen.cuts).toBeGreaterThan(300);
});

function numberOf({ operations }: Run, kind: Operation["kind"]): number {
  return operations.filter((operation) => operation.kind === kind).length;
}

/** Batches of one and of many, rolls, repeats, cursors, trims, a restart: each step awaited, so that the state is at rest at each operation. */
async function record(): Promise<Run> {
  const { dir, remove } = await quickFolder();
  const states: { operations: number; contents: Buffer }[] = [];
  const { files, operations, fillDisk } = recordedFiles(() => {
    const contents = readFileSync(join(dir, "state", "data.mdb"));
    if (states.at(-1)?.contents.equals(contents)) return;
    states.push({ operations: operations.length, contents });
  });
  const options = { files, clock: manualClock(), segmentBytesMax: SEGMENT_BYTES_MAX };
  const issued: Issued[] = [];
  const trims: { topicId: string; before: number; operations: number }[] = [];

  const append = async (engine: Engine, topicId: string, messages: readonly Message[], dedupe: boolean) => {
    const calls: Issued[] = messages.map((each) => ({ topicId, message: each, deduped: dedupe }));
    issued.push(...calls);
    const results = await engine.log.append(topicId, messages, dedupe ? { dedupeWindowMs: WINDOW_MS } : {});
    for (const [index, result] of results.entries()) {
      const call = calls[index];
      if (result.kind !== "appended" || call === undefined) throw new Error("The record was not appended.");
      call.acknowledged = { operations: operations.length, offset: result.offset };
    }
  };
  const round = async (engine: Engine, name: string) => {
    const long = (index: number) => `"${name}-${"x".repeat(index * 90)}"`;
    await append(engine, "a", [message(`${name}-alone`)], true);
    await Promise.all([
      append(
        engine,
        "a",
        [0, 1, 2].map((index) => message(`${name}-a${index}`, long(index))),
        false,
      ),
      append(engine, "b", [message(`${name}-b`, long(1))], true),
      append(
        engine,
        "b",
        [3, 4].map((index) => message(`${name}-b${index}`, long(index))),
        false,
      ),
    ]);
  };
  const full = async (engine: Engine, name: string) => {
    const before = issued.length;
    fillDisk(0.8);
    const ids = [0, 1, 2, 3, 4].map((index) => `${name}-full${index}`);
    const refused = append(
      engine,
      "a",
      ids.map((id) => message(id)),
      true,
    );
    await expect(refused).rejects.toMatchObject({ code: "disk_full" });
    for (const call of issued.slice(before)) call.refused = operations.length;
  };
  const trim = async (engine: Engine, topicId: string, before: number) => {
    trims.push({ topicId, before, operations: operations.length });
    await engine.log.trim({ topicId, index: 0 }, before);
  };

  let { engine } = await openIn(dir, options);
  for (const topicId of TOPICS) await engine.log.createTopic(topicId);
  for (const name of ["r0", "r1", "r2", "r3"]) {
    await round(engine, name);
    await full(engine, name);
  }
  const hold = await own(engine, "subscription");
  const shard = { topicId: "a", index: 0 };
  await engine.cursors.commit(hold, [{ shard, cursor: cursor(16, { topicId: "a", subscriptionId: "subscription" }) }]);
  await trim(engine, "a", 10);
  await trim(engine, "b", 7);
  await engine.close();
  ({ engine } = await openIn(dir, options));
  for (const name of ["r4", "r5"]) await round(engine, name);
  await trim(engine, "a", 24);
  await trim(engine, "b", 18);
  await engine.close();
  await remove();
  return { operations, states, issued, trims };
}

/** What may be on disk when the power fails behind `count` operations: each kind of loss, over each state that there could be by then. */
function differentCuts(run: Run, count: number): Cut[] {
  const before = run.states.filter(({ operations }) => operations <= count);
  const states = before.slice(before.at(-1)?.operations === count ? -2 : -1);
  const cuts = new Map<string, Cut>();
  for (const leaves of everyLoss((count % 7) / 7)) {
    const files = afterPowerCut(run.operations.slice(0, count), leaves);
    const key = JSON.stringify([...files].map(([name, contents]) => [name, contents.toString("base64")]));
    for (const [at, { contents: state }] of states.entries()) cuts.set(`${at} ${key}`, { count, state, files });
  }
  return [...cuts.values()];
}

async function reopen(run: Run, cut: Cut): Promise<{ acknowledged: number; served: number }> {
  const { dir, remove } = await quickFolder();
  await mkdir(join(dir, "journal"));
  await mkdir(join(dir, "state"));
  await writeFile(join(dir, "format"), "kbroker-data 1\n");
  await writeFile(join(dir, "state", "data.mdb"), cut.state);
  for (const [name, contents] of cut.files) await writeFile(join(dir, "journal", name), contents);
  const { engine, told, fatal } = await openIn(dir, { segmentBytesMax: SEGMENT_BYTES_MAX });
  const counts = { acknowledged: 0, served: 0 };
  for (const topicId of TOPICS) {
    const due = acknowledgedBy(run, topicId, cut.count);
    if (due.length === 0 && !(await exists(engine, topicId))) continue;
    counts.acknowledged += due.length;
    counts.served += await checkTopic(engine, { run, topicId, due, count: cut.count });
  }
  await engine.close();
  await remove();
  expect(told.filter(({ level }) => level === "error")).toEqual([]);
  expect(fatal).toEqual([]);
  return counts;
}

interface Due {
  readonly run: Run;
  /** After so many operations the power failed. */
  readonly count: number;
  readonly topicId: string;
  readonly due: readonly Acknowledged[];
}

async function checkTopic(engine: Engine, { run, topicId, due, count }: Due): Promise<number> {
  const shard = { topicId, index: 0 };
  const { records, damaged } = await engine.log.read(shard, 0, ALL);
  const served = new Map(records.map((record) => [record.offset, asIssued(record)]));
  const issued = run.issued
    .filter(({ topicId: topic, refused = Number.POSITIVE_INFINITY }) => topic === topicId && refused > count)
    .map((each) => comparable(each.message));
  expect(damaged).toEqual([]);
  for (const record of served.values()) expect(issued).toContainEqual(record);
  for (const { message: expected, acknowledged } of due) {
    expect(served.get(acknowledged.offset)).toEqual(comparable(expected));
  }
  await checkRepeats(engine, { run, topicId, due, count }, served);
  const { end } = await engine.log.bounds(shard);
  const [next] = await engine.log.append(topicId, [message("afterwards")]);
  expect(next).toMatchObject({ kind: "appended", offset: end });
  expect((await engine.log.read(shard, end, ALL)).records.map(({ id }) => id)).toEqual(["afterwards"]);
  return records.length;
}

/** An id that was acknowledged is known; one that is said to be known is there. */
async function checkRepeats(
  engine: Engine,
  { run, topicId, due }: Due,
  served: ReadonlyMap<number, unknown>,
): Promise<void> {
  const offsets = new Map(due.map(({ message: { id }, acknowledged: { offset } }) => [id, offset]));
  for (const { message: repeat } of run.issued.filter((each) => each.topicId === topicId && each.deduped)) {
    const [result] = await engine.log.append(topicId, [repeat], { dedupeWindowMs: WINDOW_MS });
    const acknowledgedAt = offsets.get(repeat.id);
    if (acknowledgedAt !== undefined) expect(result).toMatchObject({ kind: "duplicate", offset: acknowledgedAt });
    const { start } = await engine.log.bounds({ topicId, index: 0 });
    if (result?.kind === "duplicate" && result.offset >= start)
      expect(served.get(result.offset)).toEqual(comparable(repeat));
  }
}

/** What was acknowledged by then, and lies before no trim that was asked for by then. */
function acknowledgedBy({ issued, trims }: Run, topicId: string, count: number): Acknowledged[] {
  const asked = trims.filter((trim) => trim.topicId === topicId && trim.operations <= count);
  const start = Math.max(0, ...asked.map(({ before }) => before));
  return issued.flatMap(({ acknowledged, ...rest }) => {
    if (rest.topicId !== topicId || acknowledged === undefined) return [];
    return acknowledged.operations <= count && acknowledged.offset >= start ? [{ ...rest, acknowledged }] : [];
  });
}

function asIssued({ offset: _offset, timeMs: _timeMs, ...record }: StoredMessage) {
  return comparable(record);
}

async function exists(engine: Engine, topicId: string): Promise<boolean> {
  return engine.log.shards(topicId).then(
    () => true,
    () => false,
  );
}
