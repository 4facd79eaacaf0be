import { expect, test } from "vitest";
import { lagReply } from "../../src/lib/api/lag.ts";
import { lag } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { stubBroker } from "./stub-broker.ts";

const LAG = "GET /admin/v1/subscriptions/billing/lag";

test("the answer of --json is the contract's", async () => {
  const { env } = await stubBroker({ [LAG]: lag() });

  const { json, exit } = await runJson("subscription lag", ["billing"], env);

  expect(lagReply.parse(json)).toEqual(lag());
  expect(exit).toBe(0);
});

test.each([
  ["--fail-above", "1203"],
  ["--fail-older-than", "2m"],
])("%s exits with 5 when it does not hold, with the answer still on stdout", async (flag, limit) => {
  const { env } = await stubBroker({ [LAG]: lag() });

  const text = await run("subscription lag", ["billing", flag, limit], env);
  const json = await runJson("subscription lag", ["billing", flag, limit], env);

  expect([text.exit, json.exit]).toEqual([5, 5]);
  expect(text.stdout).toContain("Lag 1,204.");
  expect(lagReply.parse(json.json)).toEqual(lag());
  expect([text.stderr, json.stderr]).toEqual(Array(2).fill(expect.stringMatching(/^Check failed: .+\.\n$/)));
});

test("limits that hold exit with 0 and say nothing", async () => {
  const { env } = await stubBroker({ [LAG]: lag() });

  const { exit, stderr } = await run(
    "subscription lag",
    ["billing", "--fail-above", "1204", "--fail-older-than", "3m"],
    env,
  );

  expect([exit, stderr]).toEqual([0, ""]);
});

test("an age without a unit is refused before anything is asked", async () => {
  const { env, received } = await stubBroker({ [LAG]: lag() });

  const { exit, stderr } = await run("subscription lag", ["billing", "--fail-older-than", "5"], env);

  expect(exit).toBe(2);
  expect(stderr).toBe(
    'Error: --fail-older-than is "5", which is not a duration.\nWrite a number and a unit: 500ms, 30s, 5m, 2h, 3d.\n',
  );
  expect(received).toEqual([]);
});

test("a missing name is exit code 2 with the line to write", async () => {
  const { exit, stderr } = await run("subscription lag", []);

  expect([exit, stderr]).toEqual([
    2,
    "Error: Missing: <subscription>.\nTry: kbroker subscription lag <subscription>\n",
  ]);
});
