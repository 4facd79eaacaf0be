import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { eventually, temporaryDir } from "./http.ts";
import { program as built, childEnv } from "./program.ts";

const E2E = { timeout: 120_000 };

interface Program {
  readonly child: ChildProcess;
  /** What it wrote to stderr so far. */
  log(): string;
  readonly exited: Promise<number | null>;
}

/** The built `kbroker broker start` as a process of its own; killed after the test if it is still there. */
function start(
  args: readonly string[],
  { cwd = "/", env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Program {
  const child = spawn(process.execPath, [built(), "broker", "start", ...args], {
    ...{ cwd, stdio: ["ignore", "pipe", "pipe"], env: childEnv(env) },
  });
  let log = "";
  child.stderr?.on("data", (chunk) => {
    log += chunk;
  });
  const exited = once(child, "close").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  return { child, exited, log: () => log };
}

/** The URL that the ready line names. */
async function ready(program: Program): Promise<string> {
  return eventually(() => {
    const line = program
      .log()
      .split("\n")
      .find((each) => each.includes("Ready."));
    expect(line, program.log()).toBeDefined();
    return String(JSON.parse(line ?? "").url);
  });
}

test("SIGTERM stops a broker cleanly: exit 0, and what was published is there after the next start", E2E, async () => {
  const dir = await temporaryDir();
  const first = start(["--port", "0", "--data-dir", join(dir, "data")]);
  const url = await ready(first);
  await fetch(`${url}/admin/v1/topics`, { method: "POST", body: '{"name":"orders"}' });
  await fetch(`${url}/publish/orders`, { method: "POST", body: "1" });

  first.child.kill("SIGTERM");
  const exit = await first.exited;
  const second = start(["--port", "0", "--data-dir", join(dir, "data")]);
  const topic = await (await fetch(`${await ready(second)}/admin/v1/topics/orders`)).json();

  expect(exit).toBe(0);
  expect(topic).toMatchObject({ messages: 1 });
});

test("Ctrl-C waits for a delivery under way; a second Ctrl-C does not", E2E, async () => {
  const held = createServer(() => {});
  held.listen(0, "127.0.0.1");
  await once(held, "listening");
  onTestFinished(() => {
    held.closeAllConnections();
    held.close();
  });
  const endpoint = `http://127.0.0.1:${(held.address() as AddressInfo).port}/`;
  const program = start(["--port", "0", "--data-dir", await temporaryDir()]);
  const url = await ready(program);
  const post = (path: string, body: object) => fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
  await post("/admin/v1/topics", { name: "orders" });
  await post("/admin/v1/subscriptions", { name: "billing", topic: "orders", endpoint });
  const pushed = once(held, "request");
  await post("/publish/orders", {});
  await pushed;

  program.child.kill("SIGINT");
  const refused = await eventually(async () => {
    const response = await fetch(`${url}/_/ready`);
    expect(response.status).toBe(503);
    return post("/publish/orders", {});
  });
  program.child.kill("SIGINT");

  expect(refused.status).toBe(503);
  expect(await program.exited).toBe(130);
});

test("a second broker on one data directory exits with 8 and names it", E2E, async () => {
  const dir = await temporaryDir();
  await ready(start(["--port", "0", "--data-dir", dir]));

  const sameDir = start(["--port", "0", "--data-dir", dir]);

  expect(await sameDir.exited).toBe(8);
  expect(sameDir.log()).toContain(dir);
});

test("a second broker on one port exits with 8 and names it", E2E, async () => {
  const { port } = new URL(await ready(start(["--port", "0", "--data-dir", await temporaryDir()])));

  const samePort = start(["--port", port, "--data-dir", await temporaryDir()]);

  expect(await samePort.exited).toBe(8);
  expect(samePort.log()).toContain(port);
});

test.each([
  ["an address beyond loopback", ["--port", "0", "--host", "0.0.0.0"], "--insecure"],
  ["a port that is none", ["--port", "70000"], "65535"],
  ["a host that cannot be allowed", ["--port", "0", "--allowed-host", "http://x"], "--allowed-host"],
])("%s exits with 2 and the way out", E2E, async (_what, args, hint) => {
  const program = start(["--data-dir", await temporaryDir(), ...args]);

  expect(await program.exited).toBe(2);
  expect(program.log()).toContain(hint);
});

test("a configuration that asks for tokens is refused, not ignored, unless --insecure is given", E2E, async () => {
  const cwd = await temporaryDir();
  await mkdir(join(cwd, ".kavak"));
  await writeFile(join(cwd, ".kavak", "config.yaml"), "auth:\n  enabled: true\n");
  const args = ["--port", "0", "--data-dir", join(cwd, "data")];

  const refused = start(args, { cwd });
  const insecure = start([...args, "--insecure"], { cwd });

  expect(await refused.exited).toBe(2);
  expect(refused.log()).toContain("--insecure");
  expect(await ready(insecure)).toMatch(/^http:/);
});

test("with --json one document on stdout says where the broker listens", E2E, async () => {
  const dir = await temporaryDir();
  const program = start(["--port", "0", "--json"], { env: { XDG_DATA_HOME: dir } });
  const url = await ready(program);
  let stdout = "";
  program.child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });

  program.child.kill("SIGTERM");
  await program.exited;

  expect(JSON.parse(stdout)).toEqual({ url, engine: "embedded", dataDir: join(dir, "kbroker") });
});
