import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { broker, deadLetter, lag, subscription, topic } from "../commands/fixtures.ts";
import { answer, failure, type Stub, stubBroker } from "../commands/stub-broker.ts";
import { type Ended, kbroker } from "./program.ts";

const TEST_MS_MAX = 120_000;
/** The same commands as tsc wrote them, run by oclif as it comes. */
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const UNBUNDLED = path.join(ROOT, "scripts/run-unbundled.js");

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "kbroker-bundle-"));
  mkdirSync(path.join(folder, "broken/.kavak"), { recursive: true });
  writeFileSync(path.join(folder, "broken/.kavak/config.yaml"), "auth: {enabled: yes}\n");
  writeFileSync(path.join(folder, "schema.json"), '{"type": "object"}');
});

afterAll(() => rmSync(folder, { recursive: true }));

interface Line {
  readonly words: string;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly input?: string;
}

/** Answers, refusals, mistakes, help: what leaves the bundle by another way each. */
const LINES: readonly Line[] = [
  { words: "" },
  { words: "--version" },
  { words: "--help" },
  { words: "help" },
  { words: "help subscription lag" },
  { words: "help nothing" },
  { words: "subscription" },
  { words: "subscription --help" },
  { words: "subscription lag --help" },
  { words: "topic create --help" },
  { words: "broker start --help" },
  { words: "message publish --help" },
  { words: "frobnicate" },
  { words: "frobnicate --json" },
  { words: "topic craete orders" },
  { words: "topic list now" },
  { words: "topic list --jsno" },
  { words: "topic list --jsno --json" },
  { words: "topic list -o xml" },
  { words: "topic list -o wide" },
  { words: "topic list -o yaml" },
  { words: "topic list --json" },
  { words: "topic describe orders" },
  { words: "topic describe nothing" },
  { words: "topic describe nothing --json" },
  { words: "topic create" },
  { words: "topic create orders --public --schema schema.json" },
  { words: "schema create orders --file missing.json --json" },
  { words: "subscription lag billing" },
  { words: "subscription lag billing --json" },
  { words: "subscription lag billing --fail-above 5" },
  { words: "subscription pause billing", env: { FORCE_COLOR: "1" } },
  { words: "message publish orders", input: '{"n": 1}' },
  { words: "message publish orders --data {" },
  { words: "message publish orders --data 1 --attribute x" },
  { words: "dlq list billing" },
  { words: "dlq peek billing --json" },
  { words: "broker status" },
  { words: "broker status --admin-url http://127.0.0.1:9" },
  { words: "broker status --admin-url nowhere --json" },
  { words: "config validate", cwd: "broken" },
  { words: "config validate --json", cwd: "broken" },
  { words: "config show --origin" },
  { words: "topic create orders", cwd: "broken" },
  { words: "broker start --data-dir /dev/null/x --port 0" },
  { words: "broker start --port 99999" },
];

function stub(): Promise<Stub> {
  return stubBroker({
    "GET /admin/v1/topics": { items: [topic(), topic({ name: "größe", visibility: "public" })] },
    "GET /admin/v1/topics/orders": topic(),
    "GET /admin/v1/topics/nothing": failure(404, "topic_not_found"),
    "POST /admin/v1/topics": answer(201, topic({ visibility: "public", schemaVersion: 1 })),
    "GET /admin/v1/subscriptions/billing/lag": lag(),
    "POST /admin/v1/subscriptions/billing/pause": subscription({ state: "paused" }),
    "GET /admin/v1/subscriptions/billing/dead-letters": { items: [deadLetter()] },
    "POST /publish/orders": failure(422, "schema_mismatch", {
      problems: [{ pointer: "/n", message: "must be a string" }],
    }),
    "GET /admin/v1/broker": broker(),
  });
}

test.each(LINES)("the bundle says and does what its sources do: $words", { timeout: TEST_MS_MAX }, async (line) => {
  const [one, other] = [await stub(), await stub()];

  const [bundled, unbundled] = await Promise.all([run(line, one), run(line, other, UNBUNDLED)]);

  expect(bundled).toEqual(unbundled);
  expect(asked(one)).toEqual(asked(other));
});

const asked = ({ received }: Stub) => received.map(({ method, url, body }) => [method, url, String(body)]);

test.each([
  ["missing", (cache: string) => rmSync(cache, { recursive: true, force: true })],
  ["cut off", (cache: string) => cutOff(cache)],
])("the bundle runs when V8's code cache is %s", { timeout: TEST_MS_MAX }, async (_, spoil) => {
  const copy = mkdtempSync(path.join(folder, "copy-"));
  for (const part of ["bin", "dist/cli"]) cpSync(path.join(ROOT, part), path.join(copy, part), { recursive: true });
  spoil(path.join(copy, "dist/cli/cache"));
  const options = { env: { XDG_CACHE_HOME: path.join(copy, "home") }, main: path.join(copy, "bin/run.js") };

  const ended = await kbroker(["topic", "create", "--help"], options);

  expect(ended).toEqual(await kbroker(["topic", "create", "--help"]));
});

function cutOff(cache: string): void {
  for (const name of readdirSync(cache, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".cjs"),
  )) {
    truncateSync(path.join(cache, name), 100);
  }
}

/** What differs between two runs by nature is evened out: the port of the stub, times in a log. */
async function run({ words, cwd = "", env, input }: Line, to: Stub, main?: string): Promise<Ended> {
  const argv = words.split(" ").filter((word) => word !== "");
  const options = {
    cwd: path.join(folder, cwd),
    env: { ...to.env, ...env },
    ...(input !== undefined && { input }),
    ...(main !== undefined && { main }),
  };
  const { stdout, stderr, exit } = await kbroker(argv, options);
  const even = (text: string) => text.replaceAll(to.url, "<stub>").replaceAll(/"time":"[^"]*"/g, '"time":"<time>"');
  return { stdout: even(stdout), stderr: even(stderr), exit };
}
