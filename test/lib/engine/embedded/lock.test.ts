import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { lockDirectory } from "../../../../src/lib/engine/embedded/lock.ts";
import { openIn, type TemporaryFolder, temporaryFolder } from "./fixtures.ts";

const folders: TemporaryFolder[] = [];

afterEach(async () => {
  for (const { remove } of folders.splice(0)) await remove();
});

async function folder(): Promise<string> {
  const made = await temporaryFolder();
  folders.push(made);
  return made.dir;
}

/** Longer than the path of a socket may be. */
async function deepFolder(): Promise<string> {
  const dir = join(await folder(), "a".repeat(60), "b".repeat(60));
  await mkdir(dir, { recursive: true });
  return dir;
}

test.each([
  { where: "a directory", make: folder },
  { where: "a directory with a path too long for a socket", make: deepFolder },
])("$where has one owner at a time, and a second is told so", async ({ make }) => {
  const dir = await make();
  const { engine } = await openIn(dir);

  await expect(openIn(dir)).rejects.toMatchObject({
    code: "data_dir_in_use",
    message: expect.stringContaining(dir),
    hint: expect.stringContaining("--data-dir"),
  });
  await engine.log.createTopic("still-works");
  await engine.close();

  const next = await openIn(dir);
  expect(await next.engine.log.shards("still-works")).toHaveLength(1);
  await next.engine.close();
  expect((await readdir(dir)).filter((name) => name.endsWith(".sock"))).toEqual([]);
});

/** Another process that listens as an owner does, until it is killed. */
async function ownerProcess(dir: string) {
  const script = `require("node:net").createServer().listen("owner-0badc0de.sock", () => console.log("listening"))`;
  const child = spawn(process.execPath, ["-e", script], { cwd: dir, stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return {
    async kill() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

test.each([
  { where: "a directory", make: folder },
  { where: "a directory with a path too long for a socket", make: deepFolder },
])(
  "what a killed process left in $where is taken over, and not before it is dead",
  { timeout: 60_000 },
  async ({ make }) => {
    const dir = await make();
    const owner = await ownerProcess(dir);
    await expect(lockDirectory(dir)).rejects.toMatchObject({ code: "data_dir_in_use" });

    await owner.kill();
    expect(await readdir(dir)).toEqual(["owner-0badc0de.sock"]);

    const lock = await lockDirectory(dir);
    await expect(lockDirectory(dir)).rejects.toMatchObject({ code: "data_dir_in_use" });
    await lock.release();
    expect(await readdir(dir)).toEqual([]);
  },
);

test("of many that find a dead owner at the same time one wins", { timeout: 60_000 }, async () => {
  const dir = await folder();
  await (await ownerProcess(dir)).kill();

  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(dir)));

  const won = tries.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const lost = tries.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  expect(won).toHaveLength(1);
  expect(lost.map(({ code }) => code)).toEqual(Array.from({ length: 19 }, () => "data_dir_in_use"));
  await won[0]?.release();
  expect(await readdir(dir)).toEqual([]);
});
