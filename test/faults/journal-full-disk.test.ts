import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { diskFiles, type Files, type OpenFile } from "../../src/lib/engine/embedded/journal/files.ts";
import type { Engine, Ownership } from "../../src/lib/engine/port.ts";
import { cursor, entry, idsIn, message, own, SHARD, SUBSCRIPTION, TOPIC } from "../conformance/fixtures.ts";
import { openIn, quickFolder, type TemporaryFolder, temporaryFolder } from "../lib/engine/embedded/fixtures.ts";
import { manualClock } from "../support/manual-clock.ts";

let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await quickFolder();
});

afterEach(async () => {
  await folder.remove();
});

const code = (name: string) => Object.assign(new Error(`${name}: planted`), { code: name });

/** Real files of which some operations fail while the test says so. */
function failingFiles(fails: {
  write?: string;
  partOf?: number;
  sync?: string;
  truncate?: string;
  free?: number;
}): Files {
  const failing = (file: OpenFile): OpenFile => ({
    ...file,
    async write(bytes, position) {
      if (fails.write === undefined) return file.write(bytes, position);
      await file.write(bytes.subarray(0, Math.floor(bytes.length * (fails.partOf ?? 0))), position);
      throw code(fails.write);
    },
    async sync() {
      if (fails.sync !== undefined) throw code(fails.sync);
      await file.sync();
    },
    async truncate(size) {
      if (fails.truncate !== undefined) throw code(fails.truncate);
      await file.truncate(size);
    },
  });
  return {
    ...diskFiles,
    create: async (path) => failing(await diskFiles.create(path)),
    open: async (path) => failing(await diskFiles.open(path)),
    freeBytes: async (path) => fails.free ?? diskFiles.freeBytes(path),
  };
}

async function withTopic(engine: Engine): Promise<Engine> {
  await engine.log.createTopic(TOPIC);
  await engine.log.append(TOPIC, [message("before")]);
  return engine;
}

test.each([0, 0.5, 1])(
  "a write of which %d went to a full disk is cut back: 507, nothing of it is served, and it works again with room",
  async (partOf) => {
    const fails: Parameters<typeof failingFiles>[0] = {};
    const { engine, fatal } = await openIn(folder.dir, { files: failingFiles(fails) });
    await withTopic(engine);

    Object.assign(fails, { write: "ENOSPC", partOf });
    await expect(engine.log.append(TOPIC, [message("refused")])).rejects.toMatchObject({ code: "disk_full" });
    expect(await idsIn(engine)).toEqual(["before"]);
    delete fails.write;
    await engine.log.append(TOPIC, [message("after")]);

    expect(await idsIn(engine)).toEqual(["before", "after"]);
    expect(fatal).toEqual([]);
    await engine.close();
    const { engine: next, told } = await openIn(folder.dir);
    expect(await idsIn(next)).toEqual(["before", "after"]);
    expect(told).toEqual([]);
    await next.close();
  },
);

test("a new segment for which there is no room is 507, and is begun once there is", async () => {
  const fails: Parameters<typeof failingFiles>[0] = {};
  const { engine, fatal } = await openIn(folder.dir, { files: failingFiles(fails), segmentBytesMax: 100 });
  await withTopic(engine);

  fails.write = "ENOSPC";
  await expect(engine.log.append(TOPIC, [message("refused")])).rejects.toMatchObject({ code: "disk_full" });
  delete fails.write;
  await engine.log.append(TOPIC, [message("after")]);

  expect(await idsIn(engine)).toEqual(["before", "after"]);
  expect(fatal).toEqual([]);
  await engine.close();
});

describe("what leaves it unknown what is on disk ends the engine: all that waits fails, the process is told once, nothing is tried again", () => {
  test.each([
    { what: "a failed sync", fails: { sync: "EIO" } },
    { what: "a sync that finds the disk full", fails: { sync: "ENOSPC" } },
    { what: "a failed write", fails: { write: "EIO" } },
    { what: "a failed cut", fails: { write: "ENOSPC", truncate: "EIO" } },
  ])("$what", async ({ fails: planted }) => {
    const fails: Parameters<typeof failingFiles>[0] = {};
    const { engine, fatal } = await openIn(folder.dir, { files: failingFiles(fails) });
    await withTopic(engine);

    Object.assign(fails, planted);
    const outstanding = await Promise.allSettled([1, 2, 3].map((id) => engine.log.append(TOPIC, [message(`${id}`)])));
    for (const key of ["sync", "write", "truncate"] as const) delete fails[key];

    expect(outstanding.map((each) => each.status === "rejected" && each.reason.code)).toEqual(
      Array(3).fill("internal"),
    );
    expect(fatal).toHaveLength(1);
    await expect(engine.log.append(TOPIC, [message("later")])).rejects.toMatchObject({ code: "internal" });
    await expect(engine.catalog.put("topic", "x", {}, 0)).rejects.toMatchObject({ code: "internal" });
    expect((await engine.status()).refusing).toContain("stops");
    await engine.close();
    const { engine: next } = await openIn(folder.dir);
    expect((await idsIn(next)).slice(0, 1)).toEqual(["before"]);
    await next.close();
  });
});

test("below the room that is kept free nothing is created, so that no creation ends the process; what exists may be changed", async () => {
  const fails: Parameters<typeof failingFiles>[0] = {};
  const { engine } = await openIn(folder.dir, { files: failingFiles(fails), freeBytesMin: 1_000 });
  await engine.catalog.put("subscription", "old", { state: "active" }, 0);

  fails.free = 999;

  const created = engine.catalog.put("schema", "new", {}, 0);
  await expect(created).rejects.toMatchObject({ code: "disk_full" });
  await expect(engine.catalog.put("subscription", "old", { state: "paused" }, 1)).resolves.toMatchObject({
    version: 2,
  });
  expect(await engine.catalog.list("schema")).toEqual([]);
  delete fails.free;
  await expect(engine.catalog.put("schema", "new", {}, 0)).resolves.toMatchObject({ version: 1 });
  await engine.close();
});

test("below the room that is kept free publishing is refused, and what the broker itself writes is not", async () => {
  const fails: Parameters<typeof failingFiles>[0] = {};
  const clock = manualClock();
  const { engine, told } = await openIn(folder.dir, { files: failingFiles(fails), clock, freeBytesMin: 1_000 });
  await withTopic(engine);

  fails.free = 999;
  await clock.advance(1_000);
  await vi.waitUntil(async () => (await publish(engine)) === "disk_full", { timeout: 30_000 });
  expect((await engine.status()).refusing).toContain("too little room");
  const hold = await own(engine);
  await engine.cursors.commit(hold, [{ shard: SHARD, cursor: cursor(1) }]);
  const [letter] = await engine.log.append(TOPIC, [message("dead letter")], { reserved: true });
  expect(letter).toMatchObject({ kind: "appended" });

  fails.free = 1_000;
  await vi.waitUntil(async () => (await publish(engine)) === "stored", { timeout: 30_000 });
  expect((await engine.status()).refusing).toBe(null);
  expect(told.map(({ level }) => level)).toEqual(["error", "info"]);
  await engine.close();
});

async function publish(engine: Engine): Promise<string> {
  return engine.log.append(TOPIC, [message("published")]).then(
    () => "stored",
    (error: { code: string }) => error.code,
  );
}

/** A disk of 12 MB, where the system lets us have one. */
async function smallDisk(): Promise<TemporaryFolder | undefined> {
  const made = await temporaryFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", made.dir], { stdio: "ignore" });
  } catch {
    await made.remove();
    return undefined;
  }
  return {
    dir: made.dir,
    async remove() {
      execFileSync("umount", ["-l", made.dir]);
      await made.remove();
    },
  };
}

describe("on a real disk of 12 MB", () => {
  let disk: TemporaryFolder | undefined;

  beforeEach(async () => {
    disk = await smallDisk();
  });

  afterEach(async () => {
    await disk?.remove();
  });

  test("publishing fills it to 507, everything acknowledged is there, and it goes on when there is room", {
    timeout: 60_000,
  }, async ({ skip }) => {
    if (disk === undefined) skip("no file system can be mounted here");
    const { dir = "" } = disk ?? {};
    await writeFile(join(dir, "ballast"), Buffer.alloc(1_000_000));
    const { engine, fatal } = await openIn(dir, { segmentBytesMax: 1_000_000, tailBytesMax: 100_000 });
    await engine.log.createTopic(TOPIC);
    const acknowledged: string[] = [];
    const fill = async () => {
      for (;;) {
        const id = `m${acknowledged.length}`;
        const kind = await engine.log.append(TOPIC, [message(id, `"${"x".repeat(50_000)}"`)]).then(
          () => "stored",
          (error: { code: string }) => error.code,
        );
        if (kind !== "stored") return kind;
        acknowledged.push(id);
      }
    };

    expect(await fill()).toBe("disk_full");
    expect(acknowledged.length).toBeGreaterThan(150);
    expect(await idsIn(engine)).toEqual(acknowledged);
    await rm(join(dir, "ballast"));
    const filled = acknowledged.length;
    expect(await fill()).toBe("disk_full");

    expect(acknowledged.length).toBeGreaterThan(filled + 10);
    expect(fatal).toEqual([]);
    await engine.log.trim(SHARD, filled);
    await vi.waitUntil(async () => (await diskFiles.freeBytes(dir)) > 3_000_000, { timeout: 30_000 });
    await engine.close();
    const { engine: next, told } = await openIn(dir);
    expect(await idsIn(next)).toEqual(acknowledged.slice(filled));
    expect(told).toEqual([]);
    await next.close();
  });

  test("a state that cannot be committed ends the engine, and the next start has all that was acknowledged", {
    timeout: 60_000,
  }, async ({ skip }) => {
    if (disk === undefined) skip("no file system can be mounted here");
    const { dir = "" } = disk ?? {};
    const { engine, fatal } = await openIn(dir);
    await engine.log.createTopic(TOPIC);
    await engine.log.append(TOPIC, [message("acknowledged")]);
    await writeFile(join(dir, "ballast"), Buffer.alloc(20_000_000)).catch(() => undefined);

    const written: string[] = [];
    const put = async (name: string) => {
      await engine.catalog.put("job", name, { text: "x".repeat(20_000) }, 0);
      written.push(name);
    };
    const results = await Promise.allSettled(Array.from({ length: 50 }, (_, index) => put(`job-${index}`)));

    expect(results.filter(({ status }) => status === "rejected").length).toBeGreaterThan(0);
    expect(fatal).toHaveLength(1);
    await expect(engine.log.append(TOPIC, [message("later")])).rejects.toMatchObject({ code: "internal" });
    await engine.close();
    await rm(join(dir, "ballast"));
    const { engine: next } = await openIn(dir);
    expect(await idsIn(next)).toEqual(["acknowledged"]);
    expect((await next.catalog.list("job")).map(({ name }) => name)).toEqual(expect.arrayContaining(written));
    await next.close();
  });

  const park = (engine: Engine, hold: Ownership) => (index: number) => {
    const source = { shard: { topicId: "elsewhere", index: 0 }, offset: index };
    return engine.parked.put(hold, [entry(index, { source, reason: "x".repeat(20_000) })]).then(() => index);
  };
  const commit = (engine: Engine, hold: Ownership) => (index: number) => {
    const above = Array.from({ length: 2_000 }, (_, at) => ({ from: 10 + at * 2, to: 11 + at * 2 }));
    const shard = { topicId: `t-${index}`, index: 0 };
    return engine.cursors.commit(hold, [{ shard, cursor: { ...cursor(index), above } }]).then(() => index);
  };

  test.each([
    [
      "a park",
      park,
      async (engine: Engine) => (await engine.parked.load(await own(engine))).map(({ source }) => source.offset),
    ],
    [
      "a cursor commit",
      commit,
      async (engine: Engine) => (await engine.cursors.load(SUBSCRIPTION)).map((one) => one.cursor.low),
    ],
  ] as const)(
    "%s that finds no room ends the engine; the next start has every one that was answered",
    {
      timeout: 60_000,
    },
    async (_what, write, written) => {
      const { dir = "" } = disk ?? {};
      if (disk === undefined) return;
      const { engine, fatal } = await openIn(dir);
      await withTopic(engine);
      const hold = await own(engine);
      await writeFile(join(dir, "ballast"), Buffer.alloc(20_000_000)).catch(() => undefined);

      const results = await Promise.allSettled(Array.from({ length: 60 }, (_, index) => write(engine, hold)(index)));

      const answered = results.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      expect(answered.length).toBeLessThan(60);
      expect(fatal).toHaveLength(1);
      await engine.close();
      await rm(join(dir, "ballast"));
      const { engine: next } = await openIn(dir);
      expect(await idsIn(next)).toEqual(["before"]);
      expect(await written(next)).toEqual(expect.arrayContaining(answered));
      await next.close();
    },
  );

  test("a dead letter that finds no room is refused, what was acknowledged stays, and it is written when there is room", {
    timeout: 60_000,
  }, async ({ skip }) => {
    if (disk === undefined) skip("no file system can be mounted here");
    const { dir = "" } = disk ?? {};
    const { engine, fatal } = await openIn(dir);
    await withTopic(engine);
    await writeFile(join(dir, "ballast"), Buffer.alloc(20_000_000)).catch(() => undefined);
    const written = ["before"];
    const bury = async () => {
      const id = `letter-${written.length}`;
      await engine.log.append(TOPIC, [message(id, `"${"x".repeat(60_000)}"`)], { reserved: true });
      written.push(id);
    };
    const buryAll = async (): Promise<string> => {
      for (;;) {
        const refused = await bury().catch((error: { code: string }) => error.code);
        if (refused !== undefined) return refused;
      }
    };

    expect(await buryAll()).toBe("disk_full");
    expect(await idsIn(engine)).toEqual(written);
    await rm(join(dir, "ballast"));
    await bury();

    expect(await idsIn(engine)).toEqual(written);
    expect(fatal).toEqual([]);
    await engine.close();
  });
});
