import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { locked } from "./lock.ts";

test("whoever comes while another is at work is told who that is, and does nothing", async () => {
  const dir = await temporary();
  let didSecond = false;

  const second = locked(dir, () =>
    locked(dir, async () => {
      didSecond = true;
    }),
  );

  await expect(second).rejects.toThrow(`Another kafka:up or kafka:down is at work (process ${process.pid}).`);
  expect(didSecond).toBe(false);
  expect(existsSync(join(dir, "lock"))).toBe(false);
});

test("the lock of somebody who died is taken over", async () => {
  const dir = await temporary();
  const { pid } = spawnSync(process.execPath, ["--eval", ""]);
  await writeFile(join(dir, "lock"), String(pid));

  const done = await locked(dir, async () => "done");

  expect(done).toBe("done");
});

async function temporary(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "kbroker-lock-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
