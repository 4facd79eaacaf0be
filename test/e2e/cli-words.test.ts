import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { AT, deadLetter, topic } from "../commands/fixtures.ts";
import { stubBroker } from "../commands/stub-broker.ts";
import { childEnv, kbroker, program } from "./program.ts";

const TEST_MS_MAX = 120_000;

test("a command that does not exist is answered with the one that was meant, and what was typed behind it", {
  timeout: TEST_MS_MAX,
}, async () => {
  const text = await kbroker(["subscripton", "lga", "it's", "--fail-above", "5"]);
  const json = await kbroker(["subscripton", "lga", "x", "--json"]);

  const hint = "kbroker subscription lag 'it'\\''s' --fail-above 5";
  expect(text).toEqual({
    stdout: "",
    stderr: `Error: There is no command "subscripton lga".\nTry: ${hint}\n`,
    exit: 2,
  });
  expect(JSON.parse(json.stdout)).toEqual({
    error: {
      code: "usage",
      message: 'There is no command "subscripton lga".',
      hint: "kbroker subscription lag x --json",
      exit: 2,
    },
  });
  expect([json.stderr, json.exit]).toEqual(["", 2]);
});

test.each([
  [["frobnicate"], 'There is no command "frobnicate".', "kbroker --help"],
  [["lag", "billing"], 'There is no command "lag billing".', "kbroker subscription lag billing"],
  [["topic", "craete"], 'There is no command "topic craete".', "kbroker topic create"],
  [["broker", "status", "now"], 'kbroker broker status takes no "now".', "kbroker broker status --help"],
  [["help", "topic", "craete"], 'There is no command "topic craete".', "kbroker topic create --help"],
  [["--env", "x", "topic", "list"], "The command comes first, its flags after it.", "kbroker --help"],
])("%j is a usage error with a next step", { timeout: TEST_MS_MAX }, async (argv, message, hint) => {
  expect(await kbroker(argv)).toEqual({ stdout: "", stderr: `Error: ${message}\nTry: ${hint}\n`, exit: 2 });
});

test("help is an answer: on stdout, exit 0", { timeout: TEST_MS_MAX }, async () => {
  const [bare, noun, command, help, version] = await Promise.all(
    [[], ["topic"], ["topic", "create", "--help"], ["help", "topic", "create"], ["--version"]].map((argv) =>
      kbroker(argv),
    ),
  );

  for (const ended of [bare, noun, command, help, version]) expect(ended).toMatchObject({ stderr: "", exit: 0 });
  expect(bare?.stdout).toContain("subscription");
  expect(noun?.stdout).toContain("topic create");
  expect(command?.stdout).toContain("--ttl=<duration>");
  expect(help?.stdout).toBe(command?.stdout);
  expect(version?.stdout).toMatch(/^kbroker\/\d/);
});

test("a payload from stdin goes out byte for byte", { timeout: TEST_MS_MAX }, async () => {
  const published = { id: "m-1", topic: "orders", publishTime: AT, duplicate: false };
  const { env, received } = await stubBroker({ "POST /publish/orders": published });
  const input = Buffer.concat([Buffer.from('{"b": 1.50,\r\n "a":"'), Buffer.from([0xff, 0x00]), Buffer.from('"}\n')]);

  const piped = await kbroker(["message", "publish", "orders"], { env, input });
  const dash = await kbroker(["message", "publish", "orders", "--file", "-"], { env, input });

  expect([piped.exit, dash.exit]).toEqual([0, 0]);
  expect(received.map(({ body }) => body)).toEqual([input, input]);
});

test("an endless stdin is cut off at the limit, and nothing is sent", { timeout: TEST_MS_MAX }, async () => {
  const { env, received } = await stubBroker();

  const { stderr, exit } = await kbroker(["message", "publish", "orders"], { env, input: Buffer.alloc(200_000, " ") });

  expect([stderr, exit, received]).toEqual(["Error: The payload is over 65,536 bytes.\n", 2, []]);
});

test("a missing name is not taken from stdin", { timeout: TEST_MS_MAX }, async () => {
  const { env, received } = await stubBroker();

  const { stderr, exit } = await kbroker(["topic", "describe"], { env, input: "orders\n" });

  expect([stderr, exit, received]).toEqual(["Error: Missing: <topic>.\nTry: kbroker topic describe <topic>\n", 2, []]);
});

test("dlq peek writes bytes that are no text as they are", { timeout: TEST_MS_MAX }, async () => {
  const bytes = Buffer.from([0x7b, 0xff, 0x00, 0x7d]);
  const items = [deadLetter({ payloadBase64: bytes.toString("base64") })];
  const { env } = await stubBroker({
    "GET /admin/v1/subscriptions/billing/dead-letters": { items, total: 1, next: null },
  });

  const child = spawn(process.execPath, [program(), "dlq", "peek", "billing"], {
    env: childEnv(env),
    stdio: ["ignore", "pipe", "ignore"],
  });
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(part);

  expect(Buffer.concat(parts)).toEqual(Buffer.concat([bytes, Buffer.from("\n")]));
});

test("a reader that goes away early is no error", { timeout: TEST_MS_MAX }, async () => {
  const items = Array.from({ length: 20_000 }, (_, index) => topic({ name: `t-${index}` }));
  const { env } = await stubBroker({ "GET /admin/v1/topics": { items } });

  const child = spawn(process.execPath, [program(), "topic", "list", "--json"], {
    env: childEnv(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (text) => (stderr += text));
  child.stdout.once("data", () => child.stdout.destroy());
  const exit = await new Promise((resolve) => child.once("close", resolve));

  expect([stderr, exit]).toEqual(["", 0]);
});
