import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { confirmFlags, DestructiveCommand } from "../../src/lib/cli/destructive-command.ts";
import { runClass } from "./run.ts";

class Destroy extends DestructiveCommand {
  static override id = "destroy";
  static override flags = confirmFlags;

  async run(): Promise<{ readonly destroyed: true }> {
    const { flags } = await this.parse(Destroy);
    const act = { name: "orders", does: ["Destroys orders."], question: "Destroy orders?" };
    await this.confirm(act, ["kbroker", "destroy", "orders"], flags);
    this.print("Destroyed.");
    return { destroyed: true };
  }
}

async function environments(): Promise<Record<string, string>> {
  const home = await mkdtemp(join(tmpdir(), "kbroker-cli-"));
  onTestFinished(() => rm(home, { recursive: true }));
  await mkdir(join(home, "kbroker"));
  const text =
    "environments:\n  prd: {admin: 'http://127.0.0.1:1', protected: true}\n  dev: {admin: 'http://127.0.0.1:1'}\n";
  await writeFile(join(home, "kbroker", "config.yaml"), text);
  return { XDG_CONFIG_HOME: home };
}

test("without a terminal and without a flag it is exit 6, and the line to run keeps where it goes", async () => {
  const env = await environments();

  const { stdout, stderr, exit } = await runClass(Destroy, ["--env", "dev"], env);

  expect([stdout, exit]).toEqual(["", 6]);
  expect(stderr).toBe(
    "Destroys orders.\nError: This needs --yes, since nobody can be asked: nothing was changed.\nTry: kbroker destroy orders --env dev --yes\n",
  );
});

test("--json is exit 6 too, as one document, and needs --yes", async () => {
  const refused = await runClass(Destroy, ["--json"]);
  const done = await runClass(Destroy, ["--json", "--yes"]);

  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: "not_confirmed", exit: 6 } });
  expect([refused.exit, refused.stderr]).toEqual([6, ""]);
  expect([JSON.parse(done.stdout), done.stderr, done.exit]).toEqual([{ destroyed: true }, "", 0]);
});

test("--yes does it and says on stderr what", async () => {
  expect(await runClass(Destroy, ["--yes"])).toEqual({ stdout: "Destroyed.\n", stderr: "Destroys orders.\n", exit: 0 });
});

test.each([
  [["--yes"], 6],
  [["--confirm", "order"], 6],
  [["--confirm", "orders"], 0],
] as const)("in an environment marked protected %j exits with %i", async (flags, expected) => {
  const env = await environments();

  const { exit } = await runClass(Destroy, ["--env", "prd", ...flags], env);

  expect(exit).toBe(expected);
});
