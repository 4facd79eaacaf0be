import { appendFile, cp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { diskFiles } from "../../../../src/lib/engine/embedded/journal/files.ts";
import { encodeFrame } from "../../../../src/lib/engine/embedded/journal/frame.ts";
import type { Engine } from "../../../../src/lib/engine/port.ts";
import { ALL, cursor, entry, idsIn, message, own, SHARD, SUBSCRIPTION, TOPIC } from "../../../conformance/fixtures.ts";
import { openIn, quickFolder, type TemporaryFolder } from "./fixtures.ts";

/** Each message of the tests fills about a third of a segment. */
const SEGMENT_BYTES_MAX = 600;
const folders: TemporaryFolder[] = [];

afterEach(async () => {
  for (const { remove } of folders.splice(0)) await remove();
});

async function folder(): Promise<string> {
  const made = await quickFolder();
  folders.push(made);
  return made.dir;
}

const reopen = (dir: string, options = {}) => openIn(dir, { segmentBytesMax: SEGMENT_BYTES_MAX, ...options });

const wide = (id: string) => message(id, `"${id.padEnd(100, ".")}"`);

/** One message a batch. */
async function write(engine: Engine, ids: readonly string[]): Promise<void> {
  for (const id of ids) await engine.log.append(TOPIC, [wide(id)]);
}

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `m${from + index}`);

/** A directory as kill -9 leaves it: nothing is noted of what was appended since the start. */
async function killed(engine: Engine, dir: string): Promise<string> {
  const copy = await folder();
  await cp(dir, copy, { recursive: true, filter: (path) => !path.endsWith(".sock") });
  await engine.close();
  return copy;
}

/** A topic with `m0`, `m1`, …, closed as a stop leaves it, or killed. */
async function journalOf(count: number, end: "closed" | "killed"): Promise<string> {
  const dir = await folder();
  const { engine } = await reopen(dir);
  await engine.log.createTopic(TOPIC);
  await write(engine, ids(0, count));
  if (end === "killed") return killed(engine, dir);
  await engine.close();
  return dir;
}

async function segments(dir: string, suffix = ".segment"): Promise<string[]> {
  const names = (await readdir(join(dir, "journal"))).filter((name) => name.endsWith(suffix)).sort();
  return names.map((name) => join(dir, "journal", name));
}

async function last(dir: string): Promise<string> {
  return (await segments(dir)).at(-1) ?? "";
}

/** Flips a bit within the stored payload of a message. */
async function flipIn(path: string, id: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.indexOf(`"${id}.`);
  expect(at).toBeGreaterThan(0);
  bytes[at + 20] = (bytes[at + 20] ?? 0) ^ 4;
  await writeFile(path, bytes);
}

const errorsOf = (told: readonly { level: string; message: string }[]) =>
  told.filter(({ level }) => level === "error").map(({ message: text }) => text);

test("bytes behind the last batch are a torn write: cut off without a word of damage, and written on", async () => {
  const dir = await journalOf(3, "closed");
  const size = (await stat(await last(dir))).size;
  await appendFile(await last(dir), "half a frame");

  const { engine, told } = await reopen(dir);

  expect(errorsOf(told)).toEqual([]);
  expect((await stat(await last(dir))).size).toBe(size);
  await write(engine, ["m3"]);
  expect(await idsIn(engine)).toEqual(ids(0, 4));
  await engine.close();
});

test("the zeros that are written ahead are no torn write: the next batch goes over them, and a stop leaves none", async () => {
  const dir = await folder();
  const options = { segmentBytesMax: 100_000 };
  const { engine } = await reopen(dir, options);
  await engine.log.createTopic(TOPIC);
  await write(engine, ["m0"]);
  const copy = await killed(engine, dir);
  const ahead = (await stat(await last(copy))).size;

  const reopened = await reopen(copy, options);
  await write(reopened.engine, ["m1"]);

  expect(reopened.told).toEqual([]);
  expect(ahead).toBeGreaterThan(50_000);
  expect(await segments(copy)).toHaveLength(1);
  expect((await stat(await last(copy))).size).toBe(ahead);
  await reopened.engine.close();
  expect((await stat(await last(copy))).size).toBeLessThan(1_000);
  const again = await reopen(copy);
  expect(await idsIn(again.engine)).toEqual(["m0", "m1"]);
  await again.engine.close();
});

test("a batch that a crash tore is cut where it tears, even when frames of its own follow", async () => {
  const dir = await folder();
  const { engine } = await reopen(dir, { segmentBytesMax: 100_000 });
  await engine.log.createTopic(TOPIC);
  await write(engine, ["m0"]);
  await engine.log.append(TOPIC, [wide("m1"), wide("m2"), wide("m3")]);
  const copy = await killed(engine, dir);
  await flipIn(await last(copy), "m2");

  const reopened = await reopen(copy);

  expect(errorsOf(reopened.told)).toEqual([]);
  expect(await idsIn(reopened.engine)).toEqual(["m0", "m1"]);
  await write(reopened.engine, ["n2"]);
  expect(await idsIn(reopened.engine)).toEqual(["m0", "m1", "n2"]);
  await reopened.engine.close();
});

test("the last frame of a batch is not taken for a part of the next one, which follows it", async () => {
  const dir = await folder();
  const { engine } = await reopen(dir, { segmentBytesMax: 100_000 });
  await engine.log.createTopic(TOPIC);
  await engine.log.append(TOPIC, [wide("m0"), wide("m1")]);
  await write(engine, ["m2"]);
  const copy = await killed(engine, dir);
  await flipIn(await last(copy), "m1");

  const reopened = await reopen(copy);

  const { records, damaged } = await reopened.engine.log.read(SHARD, 0, ALL);
  expect(records.map(({ id }) => id)).toEqual(["m0", "m2"]);
  expect(damaged).toEqual([{ from: 1, to: 2 }]);
  await reopened.engine.close();
});

test("a write that a crash tore behind one that was torn before is cut as well", async () => {
  const dir = await folder();
  const options = { segmentBytesMax: 100_000 };
  const { engine } = await reopen(dir, options);
  await engine.log.createTopic(TOPIC);
  await engine.log.append(TOPIC, [wide("m0"), wide("m1"), wide("m2")]);
  const once = await killed(engine, dir);
  await flipIn(await last(once), "m1");
  const torn = await reopen(once, options);
  await torn.engine.log.append(TOPIC, [wide("n1"), wide("n2"), wide("n3")]);
  const twice = await killed(torn.engine, once);
  await flipIn(await last(twice), "n1");

  const { engine: again, told } = await reopen(twice, options);

  expect(errorsOf(told)).toEqual([]);
  expect(await idsIn(again)).toEqual(["m0"]);
  await again.close();
});

test("a payload cannot pose as a frame, as nobody outside knows the seed of its segment", async () => {
  const dir = await folder();
  const { engine } = await reopen(dir, { segmentBytesMax: 100_000 });
  await engine.log.createTopic(TOPIC);
  const posing = Buffer.alloc(200);
  const fields = { batch: 1, last: true, topicId: TOPIC, offset: 0, timeMs: 1, dedupeWindowMs: 0 };
  const end = encodeFrame(posing, 0, { ...fields, seed: 0, message: message("posed") });
  await engine.log.append(TOPIC, [{ id: "m0", attributes: [], payload: posing.subarray(0, end) }]);
  await write(engine, ["m1"]);
  const copy = await killed(engine, dir);
  await flip(await last(copy), 64);

  const { engine: reopened } = await reopen(copy);

  const { records, damaged } = await reopened.log.read(SHARD, 0, ALL);
  expect(records.map(({ id }) => id)).toEqual(["m1"]);
  expect(damaged).toEqual([{ from: 0, to: 1 }]);
  await reopened.close();
});

const DAMAGE: readonly { what: string; end: "closed" | "killed"; id: string }[] = [
  { what: "a frame that a later batch follows", end: "killed", id: "m3" },
  { what: "a frame in a sealed segment", end: "closed", id: "m1" },
  { what: "the last frame, which a checkpoint knows as durable", end: "closed", id: "m4" },
];

test.each(DAMAGE)("$what is damage: never cut, told, counted, and the rest is served", async ({ end, id }) => {
  const dir = await journalOf(5, end);
  const holding = await segmentWith(dir, id);
  const sizes = await sizesOf(dir);
  await flipIn(holding, id);

  const { engine, told } = await reopen(dir);

  const offset = Number(id.slice(1));
  const { records, damaged, next } = await engine.log.read(SHARD, 0, ALL);
  expect(records.map((record) => record.id)).toEqual(ids(0, 5).filter((each) => each !== id));
  expect(damaged).toEqual([{ from: offset, to: offset + 1 }]);
  expect(next).toBe(5);
  expect(errorsOf(told).length).toBeGreaterThan(0);
  for (const [path, size] of sizes) expect((await stat(path)).size).toBe(size);
  await write(engine, ["m5"]);
  expect((await engine.log.read(SHARD, 5, ALL)).records.map((record) => record.id)).toEqual(["m5"]);
  await engine.close();
});

async function segmentWith(dir: string, id: string): Promise<string> {
  for (const path of await segments(dir)) if ((await readFile(path)).includes(`"${id}.`)) return path;
  throw new Error(`No segment holds ${id}.`);
}

async function sizesOf(dir: string): Promise<Map<string, number>> {
  return new Map(
    await Promise.all((await segments(dir)).map(async (path) => [path, (await stat(path)).size] as const)),
  );
}

test.each([
  {
    knows: "a cursor",
    note: async (engine: Engine) => {
      const hold = await own(engine);
      await engine.cursors.commit(hold, [{ shard: SHARD, cursor: cursor(2, { above: [{ from: 4, to: 5 }] }) }]);
    },
  },
  {
    knows: "a parked message",
    note: async (engine: Engine) => {
      const hold = await own(engine);
      await engine.cursors.commit(hold, [{ shard: SHARD, cursor: cursor(2) }]);
      await engine.parked.put(hold, [entry(4)]);
    },
  },
])("the last frame is damage, not a torn write, when $knows refers to it", async ({ note }) => {
  const dir = await folder();
  const { engine } = await reopen(dir);
  await engine.log.createTopic(TOPIC);
  await write(engine, ids(0, 5));
  await note(engine);
  const copy = await killed(engine, dir);
  await flipIn(await last(copy), "m4");

  const reopened = await reopen(copy);

  expect((await reopened.engine.log.read(SHARD, 0, ALL)).damaged).toEqual([{ from: 4, to: 5 }]);
  await write(reopened.engine, ["m5"]);
  await reopened.engine.close();
  const again = await reopen(copy);
  expect((await again.engine.log.read(SHARD, 0, ALL)).next).toBe(6);
  expect((await again.engine.log.read(SHARD, 0, ALL)).damaged).toEqual([{ from: 4, to: 5 }]);
  await again.engine.close();
});

test("a header that lost one of its copies costs nothing", async () => {
  const dir = await journalOf(5, "closed");
  for (const path of await segments(dir)) {
    const bytes = await readFile(path);
    bytes.fill(255, 0, 32);
    await writeFile(path, bytes);
  }

  const { engine, told } = await reopen(dir);

  expect(await idsIn(engine)).toEqual(ids(0, 5));
  expect(errorsOf(told)).toEqual([]);
  await engine.close();
});

test("a segment without its header is kept, its messages count as damaged, and numbers go on behind them", async () => {
  const dir = await journalOf(2, "closed");
  const bytes = await readFile(await last(dir));
  bytes.fill(0, 0, 64);
  await writeFile(await last(dir), bytes);
  const path = await last(dir);

  const { engine, told } = await reopen(dir);

  expect((await engine.log.read(SHARD, 0, ALL)).damaged).toEqual([{ from: 0, to: 2 }]);
  expect(errorsOf(told).join(" ")).toContain(path);
  await write(engine, ["m2"]);
  expect((await engine.log.read(SHARD, 2, ALL)).records.map(({ id }) => id)).toEqual(["m2"]);
  await engine.log.trim(SHARD, 3);
  await engine.close();
  expect(await segments(dir)).toContain(path);
});

test("a segment that the power cut caught before its header is begun anew", async () => {
  const dir = await journalOf(2, "closed");
  const next = (await last(dir)).replace(/1\.segment$/, "2.segment");
  await writeFile(next, "KB");

  const { engine, told } = await reopen(dir);

  await write(engine, ["m2"]);
  expect(await idsIn(engine)).toEqual(ids(0, 3));
  expect(errorsOf(told)).toEqual([]);
  await engine.close();
});

test.each([
  { how: "is gone", harm: (path: string) => rm(path) },
  { how: "is cut short", harm: (path: string) => truncate(path, 40) },
  { how: "has a table with a flipped bit", harm: (path: string) => flip(path, 30) },
  { how: "has positions with a flipped bit", harm: (path: string) => flip(path, -3) },
])("an index that $how is made again from its segment, and nothing is lost", async ({ harm }) => {
  const dir = await journalOf(8, "closed");
  const indexes = await segments(dir, ".index");
  expect(indexes.length).toBeGreaterThan(1);
  for (const path of indexes) await harm(path);

  const { engine, told } = await reopen(dir);

  expect(await idsIn(engine)).toEqual(ids(0, 8));
  expect(errorsOf(told)).toEqual([]);
  await engine.close();
  const again = await reopen(dir);
  expect(await idsIn(again.engine)).toEqual(ids(0, 8));
  expect(again.told).toEqual([]);
  await again.engine.close();
});

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

test.each([
  { what: "gone", harm: (path: string) => rm(path) },
  { what: "cut in the middle", harm: async (path: string) => truncate(path, Math.floor((await stat(path)).size / 2)) },
])("a sealed segment that is $what is told at the start, and what it held counts as damaged", async ({ harm }) => {
  const dir = await journalOf(8, "closed");
  await harm((await segments(dir))[1] ?? "");

  const { engine, told } = await reopen(dir);

  const { records, damaged, next } = await engine.log.read(SHARD, 0, ALL);
  expect(errorsOf(told).length).toBeGreaterThan(0);
  expect(damaged.length).toBe(1);
  expect(records.length + damaged.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(8);
  expect(next).toBe(8);
  await engine.close();
});

async function standingAtEnd(dir: string, count: number): Promise<void> {
  const { engine } = await reopen(dir);
  await engine.catalog.put("topic", "orders", { id: TOPIC }, 0);
  await engine.catalog.put("subscription", "billing", { id: SUBSCRIPTION }, 0);
  await engine.cursors.init(SUBSCRIPTION, [{ shard: SHARD, cursor: cursor(count) }]);
  await engine.close();
}

test("a start is refused, naming subscription and topic, when a cursor stands above the end; it changes nothing", async () => {
  const dir = await journalOf(5, "closed");
  await standingAtEnd(dir, 5);
  await truncate(await last(dir), (await stat(await last(dir))).size - 10);
  const before = await contentsOf(dir);

  await expect(reopen(dir)).rejects.toMatchObject({
    code: "data_lost",
    message: expect.stringMatching(/"billing".*offset 5.*"orders".*ends at 4/),
    hint: expect.stringContaining("--accept-loss"),
  });

  expect(await contentsOf(dir)).toEqual(before);
});

async function contentsOf(dir: string): Promise<Record<string, string>> {
  const journal = join(dir, "journal");
  const names = await readdir(journal);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, (await readFile(join(journal, name))).toString("hex")])),
  );
}

test("accepting the loss counts it as damaged, goes on behind it, and is not asked for again", async () => {
  const dir = await journalOf(5, "closed");
  await standingAtEnd(dir, 5);
  for (const path of (await segments(dir)).slice(1)) await rm(path);
  await expect(reopen(dir)).rejects.toMatchObject({ code: "data_lost" });

  const accepting = await reopen(dir, { acceptLoss: true });
  await accepting.engine.close();
  const { engine } = await reopen(dir);

  expect(errorsOf(accepting.told).join(" ")).toContain('topic "orders"');
  const { records, damaged, next } = await engine.log.read(SHARD, 0, ALL);
  expect(damaged).toEqual([{ from: records.length, to: 5 }]);
  expect(next).toBe(5);
  await write(engine, ["m5"]);
  expect((await engine.log.read(SHARD, 5, ALL)).records.map(({ id }) => id)).toEqual(["m5"]);
  await engine.close();
});

test("a journal without its state is refused: everything would start anew over it", async () => {
  const dir = await journalOf(2, "closed");
  await rm(join(dir, "state"), { recursive: true });

  await expect(reopen(dir)).rejects.toMatchObject({ code: "data_lost" });
});

test.each([
  { what: "a newer version's", harm: (dir: string) => writeFile(join(dir, "format"), "kbroker-data 2\n") },
  { what: "somebody else's", harm: (dir: string) => writeFile(join(dir, "format"), "{}") },
  { what: "without a format", harm: (dir: string) => rm(join(dir, "format")) },
])("a directory that is $what cannot be read: the message names the file, and nothing is changed", async ({ harm }) => {
  const dir = await journalOf(2, "closed");
  await harm(dir);
  const before = await contentsOf(dir);

  await expect(reopen(dir)).rejects.toMatchObject({
    code: "data_unreadable",
    message: expect.stringContaining(join(dir, "format")),
  });

  expect(await contentsOf(dir)).toEqual(before);
});

test.each([
  { what: "no database", harm: (path: string) => writeFile(path, "no database ".repeat(5_000)) },
  { what: "a few bytes", harm: (path: string) => writeFile(path, "short") },
  { what: "a database cut short", harm: (path: string) => truncate(path, 3 * 8192) },
])("a state that is $what cannot be read, and the directory is free again", async ({ harm }) => {
  const dir = await journalOf(2, "closed");
  const path = join(dir, "state", "data.mdb");
  await harm(path);

  await expect(reopen(dir)).rejects.toMatchObject({ code: "data_unreadable", message: expect.stringContaining(path) });

  expect((await readdir(dir)).filter((name) => name.endsWith(".sock"))).toEqual([]);
});

test("a file that belongs to somebody else is named, with what to do, and is no bug of the broker", async () => {
  const dir = await journalOf(2, "closed");
  const open = async (path: string) => {
    throw Object.assign(new Error(`EACCES: permission denied, open '${path}'`), { code: "EACCES", syscall: "open" });
  };

  const opening = openIn(dir, { files: { ...diskFiles, open } });

  await expect(opening).rejects.toMatchObject({
    code: "data_unreadable",
    message: expect.stringMatching(/EACCES.*0000000000000001\.segment/),
    hint: expect.stringContaining("user that runs the broker"),
  });
  expect((await readdir(dir)).filter((name) => name.endsWith(".sock"))).toEqual([]);
});

test("a journal whose state is older than it, as a backup has it, is served to its end", async () => {
  const dir = await journalOf(3, "closed");
  const older = await readFile(join(dir, "state", "data.mdb"));
  const { engine } = await reopen(dir);
  await write(engine, ids(3, 9));
  await engine.close();
  await writeFile(join(dir, "state", "data.mdb"), older);

  const { engine: restored, told } = await reopen(dir);

  expect(await idsIn(restored)).toEqual(ids(0, 9));
  expect(errorsOf(told)).toEqual([]);
  await restored.close();
});
