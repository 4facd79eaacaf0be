import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { subscription, topic } from "../commands/fixtures.ts";
import { failure, type Received, stubBroker } from "../commands/stub-broker.ts";
import { KEYS, terminal } from "./pty.ts";

const TEST_MS_MAX = 120_000;
const { enter, down, ctrlC, clear } = KEYS;

const broker = () =>
  stubBroker({
    "GET /admin/v1/subscriptions": { items: [subscription()] },
    "DELETE /admin/v1/subscriptions/billing": {
      name: "billing",
      id: "s-1",
      topic: "orders",
      lag: 3,
      deadLetterTopic: "billing_errors",
      deadLetters: 0,
      errorsPurged: false,
    },
  });

/** Refuses a creation until it is said what shall become of the dead letters that are there. */
const withLetters = () =>
  stubBroker({
    "GET /admin/v1/topics/billing_errors": topic({ name: "billing_errors", purpose: "dead-letter", messages: 2 }),
    "POST /admin/v1/subscriptions": failure(409, "dead_letters_left"),
  });

/** The user's configuration, in which the environment `prd` is protected. */
async function protectedAt(admin: string): Promise<Record<string, string>> {
  const home = await mkdtemp(join(tmpdir(), "kbroker-pty-"));
  onTestFinished(() => rm(home, { recursive: true }));
  await mkdir(join(home, "kbroker"));
  const text = `environments:\n  prd: {admin: '${admin}', protected: true}\n`;
  await writeFile(join(home, "kbroker", "config.yaml"), text);
  return { XDG_CONFIG_HOME: home };
}

/** Requests that destroy: not those that only ask what would go. */
const destroyed = (received: readonly Received[]) =>
  received.filter(({ method, url }) => method === "DELETE" && !url.includes("dryRun=true")).length;

test("a destructive act says what it will do and asks, default No: enter changes nothing and exits with 6", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { env, received } = await broker();
  const { see, type, ended } = terminal(["subscription", "delete", "billing"], env);

  await see(/Deletes subscription billing: 3 undelivered of its messages are not delivered any more\./);
  await see(/Delete subscription billing\? \(y\/N\)/);
  type(enter);
  await see(/Error: Not confirmed: nothing was changed\./);

  expect(await ended).toBe(6);
  expect(destroyed(received)).toBe(0);
});

test("a yes does it, and the line without questions has the picked name and --yes", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { env, received } = await broker();
  const { see, type, text, ended } = terminal(["subscription", "delete"], env);

  await see(/Subscription[\s\S]*billing/);
  type(enter);
  await see(/Delete subscription billing\?/);
  type(`y${enter}`);
  await see(/Without questions: kbroker subscription delete billing --yes\n/);
  await see(/Deleted subscription billing\./);

  expect(await ended).toBe(0);
  expect(destroyed(received)).toBe(1);
  expect(text().match(/Without questions/g)).toHaveLength(1);
});

test("Ctrl-C at the question changes nothing and exits with 130", { timeout: TEST_MS_MAX }, async () => {
  const { env, received } = await broker();
  const { see, type, ended } = terminal(["subscription", "delete", "billing"], env);

  await see(/Delete subscription billing\?/);
  type(ctrlC);

  expect(await ended).toBe(130);
  expect(destroyed(received)).toBe(0);
});

test("in a protected environment the name is typed, whatever --yes says", { timeout: TEST_MS_MAX }, async () => {
  const { url, received } = await broker();
  const env = await protectedAt(url);
  const argv = ["subscription", "delete", "billing", "--env", "prd", "--yes"];
  const { see, type, ended } = terminal(argv, env);

  await see(/This environment is protected\. Type billing to go on:/);
  type(`yes${enter}`);
  await see(/Type billing to go on, or nothing to stop\./);
  expect(destroyed(received)).toBe(0);
  type(`${clear}billing${enter}`);
  await see(/Without questions: kbroker subscription delete billing --confirm billing --env prd\n/);

  expect(await ended).toBe(0);
  expect(destroyed(received)).toBe(1);
});

test("in a protected environment nothing typed changes nothing", { timeout: TEST_MS_MAX }, async () => {
  const { url, received } = await broker();
  const env = await protectedAt(url);
  const { see, type, ended } = terminal(["subscription", "delete", "billing", "--env", "prd"], env);

  await see(/Type billing to go on:/);
  type(enter);
  await see(/Error: Not confirmed/);

  expect(await ended).toBe(6);
  expect(destroyed(received)).toBe(0);
});

test.each([
  ["--no-input", ["--no-input"], {}],
  ["CI", [], { CI: "true" }],
  ["--json", ["--json"], {}],
])(
  "with %s nothing is asked, even at a terminal: exit 6 names the flag",
  {
    timeout: TEST_MS_MAX,
  },
  async (_what, flags, more) => {
    const { env, received } = await broker();
    const { see, ended } = terminal(["subscription", "delete", "billing", ...flags], { ...env, ...more });

    await see(/This needs --yes, since nobody can be asked[\s\S]*kbroker subscription delete billing --yes/);

    expect(await ended).toBe(6);
    expect(destroyed(received)).toBe(0);
  },
);

test("re-creating over a non-empty _errors asks, and removing the dead letters is confirmed", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { env, received } = await withLetters();
  const line = ["subscription", "create", "billing", "--topic", "orders", "--endpoint", "http://127.0.0.1:9/"];
  const { see, type, ended } = terminal(line, env);

  await see(/What shall become of them\?[\s\S]*takes them over[\s\S]*they are removed/);
  type(`${down}${enter}`);
  await see(/Removes the 2 dead letters in billing_errors for good\./);
  await see(/Remove them and create subscription billing\? \(y\/N\)/);
  type(enter);
  await see(/Error: Not confirmed: nothing was changed\./);

  expect(await ended).toBe(6);
  expect(received.filter(({ method }) => method === "POST")).toHaveLength(1);
});
