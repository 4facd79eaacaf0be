import { expect, test } from "vitest";
import { BaseCommand } from "../../src/lib/cli/base-command.ts";
import { PLAIN } from "../../src/lib/cli/colour.ts";
import { asKBrokerError, errorJson, errorText } from "../../src/lib/cli/error-report.ts";
import { KBrokerError } from "../../src/lib/domain/error.ts";
import { broker } from "./fixtures.ts";
import { run, runClass, runJson } from "./run.ts";
import { answer, stubBroker } from "./stub-broker.ts";

const STATUS = "GET /admin/v1/broker";

test("broker status shows the whole, and unknown where nobody knows", async () => {
  const { env } = await stubBroker({ [STATUS]: broker() });

  const { stdout, stderr, exit } = await run("broker status", [], env);

  expect(stdout).toMatchSnapshot();
  expect([stderr, exit]).toEqual(["", 0]);
});

test("a broker that refuses messages says why", async () => {
  const { env } = await stubBroker({ [STATUS]: broker({ refusing: "less than 256 MB free" }) });

  const { stdout } = await run("broker status", [], env);

  expect(stdout).toMatch(/^Broker refuses messages: less than 256 MB free\n/);
});

test("no broker is exit code 3 and the command that starts one, as text and as JSON", async () => {
  const env = { KBROKER_ADMIN_URL: "http://127.0.0.1:1" };

  const text = await run("broker status", [], env);
  const { json, exit } = await runJson("broker status", [], env);

  const message = "No broker answers at http://127.0.0.1:1 (connection refused).";
  const hint = "kbroker broker start --port 1";
  expect([text.stdout, text.stderr, text.exit]).toEqual(["", `Error: ${message}\nTry: ${hint}\n`, 3]);
  expect([json, exit]).toEqual([{ error: { code: "broker_unreachable", message, hint, exit: 3 } }, 3]);
});

test("something else that answers is exit code 1", async () => {
  const { env } = await stubBroker({ [STATUS]: answer(200, "<html></html>") });

  const { json, exit } = await runJson("broker status", [], env);

  expect([json, exit]).toEqual([{ error: expect.objectContaining({ code: "reply_not_understood", exit: 1 }) }, 1]);
});

test.each([
  ["message scheduled cancel", ["orders"], "Missing: --id.", "message scheduled cancel orders --id <id>"],
  ["completion", [], "Missing: <shell>, one of bash, zsh.", "completion --help"],
])("%s says what is missing by the name to give", async (name, argv, message, line) => {
  const { stderr, exit } = await run(name, argv);

  expect([stderr, exit]).toEqual([`Error: ${message}\nTry: kbroker ${line}\n`, 2]);
});

test.each([
  ["--jsno", "Unknown flag: --jsno.", "Did you mean --json?"],
  ["--admin-ulr=x", "Unknown flag: --admin-ulr.", "Did you mean --admin-url?"],
  ["--frobnicate", "Unknown flag: --frobnicate.", "kbroker broker status --help"],
  ["-x", "Unknown flag: -x.", "kbroker broker status --help"],
  ["surplus", "Unexpected argument: surplus.", "kbroker broker status --help"],
  ["--env", "Flag --env expects a value.", "kbroker broker status --help"],
])("%s is a usage error that helps, as text and as JSON", async (word, message, hint) => {
  const text = await run("broker status", [word]);
  const { json, exit } = await runJson("broker status", word === "--env" ? ["--json", word] : [word]);

  expect([text.stdout, text.exit, exit]).toEqual(["", 2, 2]);
  expect(text.stderr).toContain(`Error: ${message}\n`);
  expect(json).toEqual({ error: { code: "usage", message, hint, exit: 2 } });
});

test("--json behind -- is no flag", async () => {
  const { stdout, exit } = await run("broker status", ["--", "--json"]);

  expect([stdout, exit]).toEqual(["", 2]);
});

class Defect extends BaseCommand {
  async run(): Promise<void> {
    await this.parse(Defect);
    throw new TypeError("Cannot read properties of undefined\n  (reading 'x')");
  }
}

test("an error that nobody foresaw is one line and exit code 1; its stack is shown only with DEBUG", async () => {
  const text = await runClass(Defect, []);
  const debug = await runClass(Defect, [], { DEBUG: "1" });
  const json = await runClass(Defect, ["--json"]);

  expect(text.stderr).toBe(
    "Error: Cannot read properties of undefined (reading 'x')\nSet DEBUG=1 and run it again to see where this comes from.\n",
  );
  expect(debug.stderr).toMatch(/\n {4}at .*failures\.test/);
  expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: "internal", exit: 1 } });
  expect([text.exit, debug.exit, json.exit, text.stdout]).toEqual([1, 1, 1, ""]);
});

class Cancelled extends BaseCommand {
  async run(): Promise<void> {
    await this.parse(Cancelled);
    throw new KBrokerError("cancelled", "Cancelled: nothing was changed.");
  }
}

test("Ctrl-C in a prompt is exit code 130 without a word; with --json it is a document", async () => {
  const text = await runClass(Cancelled, []);
  const json = await runClass(Cancelled, ["--json"]);

  expect([text.stdout, text.stderr, text.exit]).toEqual(["", "", 130]);
  expect([JSON.parse(json.stdout), json.exit]).toEqual([
    { error: expect.objectContaining({ code: "cancelled", exit: 130 }) },
    130,
  ]);
});

test("a failure that is not even an Error has a message", () => {
  expect(errorJson(asKBrokerError("boom")).error).toMatchObject({ code: "internal", message: "boom", exit: 1 });
});

test("a single problem that the message tells already is not told twice", () => {
  const problems = [{ line: 1, column: 6, message: "Expected a value." }];
  const told = new KBrokerError("invalid_json", "Not JSON at line 1, column 6: Expected a value.", { problems });
  const more = new KBrokerError("invalid_json", "Not JSON.", { problems });

  expect([errorText(told, PLAIN), errorText(more, PLAIN)]).toEqual([
    "Error: Not JSON at line 1, column 6: Expected a value.\n",
    "Error: Not JSON.\n  1:6  Expected a value.\n",
  ]);
});

test("what mends a single problem is told although the message tells the problem already", () => {
  const problems = [{ path: "slots", message: "All are taken.", fix: "SELECT 1;" }];
  const error = new KBrokerError("connector_checks_failed", "A check failed: All are taken.", {
    problems,
    hint: "Mend it.",
  });

  expect(errorText(error, PLAIN)).toBe("Error: A check failed: All are taken.\n    SELECT 1;\nMend it.\n");
});

test("problems show file, line, column and pointer; beyond twenty they are counted", () => {
  const place = { path: ".kavak/config.yaml", line: 3, column: 5, pointer: "/jobs/0", message: "a name is missing" };
  const error = new KBrokerError("config_invalid", "It is wrong.", { problems: Array(22).fill(place) });

  const lines = errorText(error, PLAIN).split("\n");

  expect(lines[1]).toBe("  .kavak/config.yaml:3:5 /jobs/0  a name is missing");
  expect(lines[21]).toBe("  … and 2 more; --json shows them all.");
  expect(errorJson(error).error.problems).toHaveLength(22);
});

test("broker status names the subscriptions that are degraded, with the reason", async () => {
  const degraded = [{ subscription: "billing", reason: "The endpoint answered 503." }];
  const subscriptions = { active: 1, paused: 0, degraded: 1 };
  const { env } = await stubBroker({ "GET /admin/v1/broker": broker({ subscriptions, degraded }) });

  const { stdout } = await run("broker status", [], env);

  expect(stdout).toMatch(
    /subscriptions +1 active, 0 paused, 1 degraded\ndegraded +billing: The endpoint answered 503\.\n/,
  );
});

test.each(["--admin-url", "--env"])("broker start knows no %s: it asks no broker", async (flag) => {
  const { stderr, exit } = await run("broker start", [flag, "http://127.0.0.1:1"]);

  expect(stderr).toContain(`Unknown flag: ${flag}.`);
  expect(exit).toBe(2);
});

test("broker status names the connectors that somebody should look at, with the reason", async () => {
  const unwell = [
    { connector: "going", status: "removing", reason: null },
    { connector: "shop", status: "failed", reason: "The slot is gone." },
  ] as const;
  const connectors = { active: 1, paused: 0, degraded: 0, failed: 1, removing: 1, unwell: [...unwell] };
  const { env } = await stubBroker({ "GET /admin/v1/broker": broker({ connectors }) });

  const { stdout } = await run("broker status", [], env);

  expect(stdout).toMatch(
    /connectors +1 active, 0 paused, 0 degraded, 1 failed, 1 being removed\nremoving +going: no reason given\nfailed +shop: The slot is gone\.\n/,
  );
});
