import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { lagReply } from "../../src/lib/api/lag.ts";
import { lag } from "../commands/fixtures.ts";
import { failure, stubBroker } from "../commands/stub-broker.ts";
import { startBroker, temporaryDir } from "./http.ts";
import { childEnv, program } from "./program.ts";
import { KEYS, terminal } from "./pty.ts";

const TEST_MS_MAX = 120_000;
const LAG = "GET /admin/v1/subscriptions/billing/lag";

test("lag --watch draws in place at a terminal, and Ctrl-C ends it with 130 and the cursor back", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { env } = await stubBroker({ [LAG]: lag() });
  const { see, type, raw, ended } = terminal(["subscription", "lag", "billing", "--watch", "--interval", "200ms"], env);

  await see(/billing of topic orders[\s\S]*billing of topic orders/);
  type(KEYS.ctrlC);

  expect(await ended).toBe(130);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: how a cursor goes up.
  expect(raw()).toMatch(/\u001b\[\d+A\r/);
  expect(raw().lastIndexOf("\u001b[?25h")).toBeGreaterThan(raw().lastIndexOf("\u001b[?25l"));
});

test("lag --watch says that the broker went away, and goes on", { timeout: TEST_MS_MAX }, async () => {
  const answers: Record<string, unknown> = { [LAG]: lag() };
  const stub = await stubBroker(answers);
  const { see, type, ended } = terminal(["subscription", "lag", "billing", "-w", "--interval", "200ms"], stub.env);
  await see(/Lag 1,204/);

  answers[LAG] = failure(503, "broker_stopping");
  await see(/Trying again; what is shown is as of/);
  answers[LAG] = lag({ lag: 7 });
  await see(/Lag 7\./);
  type(KEYS.ctrlC);

  expect(await ended).toBe(130);
});

test("lag --watch in a pipe prints one JSON a line, and ends with its reader", { timeout: TEST_MS_MAX }, async () => {
  const { env } = await stubBroker({ [LAG]: lag() });

  const { stdout, exit } = await sh('"$NODE" "$KBROKER" subscription lag billing -w --interval 200ms | head -n 2', env);

  const lines = stdout.trimEnd().split("\n");
  expect(lines.map((line) => lagReply.parse(JSON.parse(line)).lag)).toEqual([1_204, 1_204]);
  expect(exit).toBe(0);
});

test("tail --follow shows what is published from now on, and Ctrl-C ends it with 130", {
  timeout: TEST_MS_MAX,
}, async () => {
  const broker = await startBroker();
  await broker.admin("topicCreate", "", { name: "orders" });
  await broker.publish("orders", '{"n":1}');
  const env = { KBROKER_ADMIN_URL: broker.url };
  const { see, type, text, ended } = terminal(["message", "tail", "orders", "--follow"], env);

  await see(/\{"n":1\}/);
  await broker.publish("orders", '{"n":2}', { "X-KB-MessageID": "o-2" });
  await see(/o-2 .* at 0:1 7 B/);
  await see(/\{"n":2\}/);
  type(KEYS.ctrlC);

  expect(await ended).toBe(130);
  expect(text()).not.toContain("Error");
});

test("tail --follow ends with its reader, as | head does", { timeout: TEST_MS_MAX }, async () => {
  const broker = await startBroker();
  await broker.admin("topicCreate", "", { name: "orders" });
  const publish = async (count: number) => {
    for (let n = 0; n < count; n += 1) await broker.publish("orders", String(n));
  };
  await publish(2);

  const piped = sh('"$NODE" "$KBROKER" message tail orders --follow | head -n 1', { KBROKER_ADMIN_URL: broker.url });
  let over = false;
  void piped.finally(() => {
    over = true;
  });
  while (!over) await publish(1);

  expect(await piped).toMatchObject({ stdout: "0\n", stderr: "", exit: 0 });
});

test("the first Ctrl-C on a broker says that a second one ends it at once", { timeout: TEST_MS_MAX }, async () => {
  const { see, type, ended } = terminal(["broker", "start", "--port", "0", "--data-dir", await temporaryDir()], {});
  await see(/listens?|[Rr]eady/);

  type(KEYS.ctrlC);

  await see(/Stopping: .*Ctrl-C again ends it at once/);
  expect(await ended).toBe(0);
});

/** A line of a shell, to its end. */
function sh(line: string, env: Record<string, string>) {
  const child = spawn("sh", ["-c", line], {
    env: childEnv({ ...env, NODE: process.execPath, KBROKER: program() }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.stderr += text));
  return new Promise<{ stdout: string; stderr: string; exit: number | null }>((resolve, reject) => {
    child.once("error", reject).once("close", (exit) => resolve({ ...output, exit }));
  });
}
