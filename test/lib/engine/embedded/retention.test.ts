import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { diskFiles } from "../../../../src/lib/engine/embedded/journal/files.ts";
import type { Engine } from "../../../../src/lib/engine/port.ts";
import { ALL, idsIn, message, OTHER_SHARD, OTHER_TOPIC, SHARD, TOPIC } from "../../../conformance/fixtures.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { deferred } from "../../../support/promises.ts";
import { openIn, quickFolder, type TemporaryFolder } from "./fixtures.ts";

const LIMITS = { segmentBytesMax: 2_000, tailBytesMax: 0 };
let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await quickFolder();
});

afterEach(async () => {
  await folder.remove();
});

async function fill(engine: Engine, topicId: string, from: number, to: number): Promise<void> {
  for (let id = from; id < to; id += 1) await engine.log.append(topicId, [message(String(id), `"${"x".repeat(300)}"`)]);
}

async function files(): Promise<string[]> {
  return readdir(join(folder.dir, "journal"));
}

async function journalBytes(): Promise<number> {
  const sizes = (await files()).map(async (name) => (await stat(join(folder.dir, "journal", name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

test("trimming gives the disk back once nothing in a segment is kept, and not before", async () => {
  const { engine } = await openIn(folder.dir, LIMITS);
  await engine.log.createTopic(TOPIC);
  await engine.log.createTopic(OTHER_TOPIC);
  await fill(engine, OTHER_TOPIC, 0, 1);
  await fill(engine, TOPIC, 0, 40);
  const before = { files: (await files()).length, bytes: await journalBytes() };

  await engine.log.trim(SHARD, 38);

  await vi.waitUntil(async () => (await files()).length < before.files / 2, { timeout: 30_000 });
  expect(await journalBytes()).toBeLessThan(before.bytes / 2);
  expect(await idsIn(engine)).toEqual(["38", "39"]);
  expect(await idsIn(engine, OTHER_SHARD)).toEqual(["0"]);
  await engine.close();
});

test("what comes after everything was trimmed is read, from the same segment", async () => {
  const { engine } = await openIn(folder.dir, { tailBytesMax: 0 });
  await engine.log.createTopic(TOPIC);
  await fill(engine, TOPIC, 0, 3);
  await engine.log.trim(SHARD, 3);
  await fill(engine, TOPIC, 3, 5);

  const { records, damaged } = await engine.log.read(SHARD, 0, ALL);

  expect(records.map(({ offset }) => offset)).toEqual([3, 4]);
  expect(damaged).toEqual([]);
  await engine.close();
});

test("a deleted topic gives its disk back, also what stood in the segment that was written to", async () => {
  const clock = manualClock();
  const { engine } = await openIn(folder.dir, { ...LIMITS, clock });
  await engine.log.createTopic(TOPIC);
  await engine.log.createTopic(OTHER_TOPIC);
  await fill(engine, TOPIC, 0, 22);
  await engine.log.deleteTopic(TOPIC);
  const written = (await files()).sort((a, b) => (a < b ? -1 : 1)).at(-1) ?? "";

  await fill(engine, OTHER_TOPIC, 0, 10);
  await engine.log.trim(OTHER_SHARD, 9);

  await vi.waitUntil(
    async () => {
      await clock.advance(1_000);
      return !(await files()).includes(written);
    },
    { timeout: 30_000 },
  );
  expect(await idsIn(engine, OTHER_SHARD)).toEqual(["9"]);
  await engine.close();
});

test("offsets, times and ends outlive the segments that held them", async () => {
  const clock = manualClock();
  const { engine } = await openIn(folder.dir, { ...LIMITS, clock });
  await engine.log.createTopic(TOPIC);
  await engine.log.createTopic(OTHER_TOPIC);
  await fill(engine, TOPIC, 0, 20);
  const [newest] = (await engine.log.read(SHARD, 19, ALL)).records;
  await fill(engine, OTHER_TOPIC, 0, 20);
  const all = await files();
  await engine.log.trim(SHARD, 20);
  await vi.waitUntil(async () => (await files()).length < all.length, { timeout: 30_000 });
  await engine.close();
  clock.jump(-3_600_000);

  const { engine: next, told } = await openIn(folder.dir, { ...LIMITS, clock });

  expect(await next.log.bounds(SHARD)).toEqual({ start: 20, end: 20 });
  const [appended] = await next.log.append(TOPIC, [message("new")]);
  expect(appended).toMatchObject({ kind: "appended", offset: 20, timeMs: newest?.timeMs });
  expect(told).toEqual([]);
  await next.close();
});

test("a reader that is in the middle of what is trimmed goes on behind it, and calls nothing damaged", async () => {
  const { engine, told } = await openIn(folder.dir, { ...LIMITS, readBytesMax: 1 });
  await engine.log.createTopic(TOPIC);
  await fill(engine, TOPIC, 0, 60);

  const [{ records, damaged, next }] = await Promise.all([engine.log.read(SHARD, 0, ALL), engine.log.trim(SHARD, 50)]);

  const offsets = records.map(({ offset }) => offset);
  expect(damaged).toEqual([]);
  expect(next).toBe(60);
  expect(offsets.slice(-10)).toEqual([50, 51, 52, 53, 54, 55, 56, 57, 58, 59]);
  expect(told).toEqual([]);
  await engine.close();
});

test("a segment that goes between a reader's look and its read is a hole, told to nobody", async () => {
  let gate = Promise.resolve();
  const open = async (path: string) => {
    await gate;
    return diskFiles.open(path);
  };
  const { engine, told } = await openIn(folder.dir, { ...LIMITS, files: { ...diskFiles, open } });
  await engine.log.createTopic(TOPIC);
  await fill(engine, TOPIC, 0, 30);
  const first = (await files()).find((name) => name.endsWith("1.segment")) ?? "";
  const held = deferred();
  gate = held.promise;

  const reading = engine.log.read(SHARD, 0, ALL);
  await engine.log.trim(SHARD, 25);
  await vi.waitUntil(async () => !(await files()).includes(first), { timeout: 30_000 });
  held.resolve();

  const { records, damaged } = await reading;
  expect(records.map(({ offset }) => offset)).toEqual([25, 26, 27, 28, 29]);
  expect(damaged).toEqual([]);
  expect(told).toEqual([]);
  await engine.close();
});

test("an index that outlived its segment in a crash goes at the next start", async () => {
  const { engine } = await openIn(folder.dir, LIMITS);
  await engine.log.createTopic(TOPIC);
  await fill(engine, TOPIC, 0, 20);
  await engine.log.trim(SHARD, 12);
  await engine.close();
  const orphan = "0000000000000001.index";
  expect(await files()).not.toContain(orphan);
  await writeFile(join(folder.dir, "journal", orphan), "left behind");

  const { engine: next } = await openIn(folder.dir, LIMITS);

  expect(await files()).not.toContain(orphan);
  expect(await idsIn(next)).toEqual(["12", "13", "14", "15", "16", "17", "18", "19"]);
  await next.close();
});
