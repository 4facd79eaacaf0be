import { spawn } from "node:child_process";
import { chmod, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { testWithPostgresql } from "../support/postgresql.ts";
import { temporaryDir } from "./http.ts";
import { childEnv, type Ended, program } from "./program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DEMO_MS_MAX = 240_000;
const PLACE = process.env.KBROKER_TEST_POSTGRESQL_BIN;

function demo(env: Record<string, string>): Promise<Ended> {
  program();
  const child = spawn("npm", ["run", "--silent", "demo:cdc"], {
    cwd: ROOT,
    env: childEnv({ npm_config_update_notifier: "false", npm_config_loglevel: "silent", ...env }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (exit) => resolve({ ...output, exit }));
  });
}

/** tsx keeps its cache there. */
async function leftIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => !name.startsWith("tsx-"));
}

testWithPostgresql(
  "the demo of a database's changes shows what it says and leaves nothing behind",
  async () => {
    const tmp = await temporaryDir();
    // PostgreSQL runs as somebody else where we are root.
    await chmod(tmp, 0o755);

    const ended = await demo({ TMPDIR: tmp, ...(PLACE !== undefined && { KBROKER_TEST_POSTGRESQL_BIN: PLACE }) });

    expect(ended).toMatchObject({ exit: 0, stderr: "" });
    expect(ended.stdout).toContain("Nothing is left behind.");
    expect(ended.stdout).not.toContain("not-shown-to-anybody");
    expect(await leftIn(tmp)).toEqual([]);
  },
  DEMO_MS_MAX,
);

test("without PostgreSQL the demo says what to install, and begins nothing", async () => {
  const tmp = await temporaryDir();

  const ended = await demo({ TMPDIR: tmp, KBROKER_TEST_POSTGRESQL_BIN: "/nowhere" });

  expect(ended).toMatchObject({ exit: 2, stdout: "" });
  expect(ended.stderr).toContain("apt-get install postgresql");
  expect(await leftIn(tmp)).toEqual([]);
});
