import { expect, test } from "vitest";
import { jobReply } from "../../src/lib/api/job.ts";
import { type MoveReply, moveReply } from "../../src/lib/api/move.ts";
import { AT } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { failure, stubBroker } from "./stub-broker.ts";

const TO = "2026-01-31T06:00:00.000Z";
const move = (changes: Partial<MoveReply> = {}): MoveReply => ({
  job: "j-1",
  kind: "rewind",
  state: "done",
  from: AT,
  to: TO,
  messages: 5,
  clamped: false,
  undoes: null,
  shards: [{ shard: 0, offset: 7 }],
  ...changes,
});
const job = {
  ...{ name: "j-1", id: "j-1", kind: "rewind", state: "done", subscription: "billing", createdAt: AT, endedAt: AT },
  ...{
    error: null,
    rate: null,
    from: AT,
    to: TO,
    clamped: false,
    messages: 5,
    remaining: 2,
    undoes: null,
    undoableUntil: AT,
  },
};
const REWIND = "POST /admin/v1/subscriptions/billing/rewind";
const bodies = (received: readonly { body: Buffer }[]) => received.map(({ body }) => JSON.parse(String(body)));

test("rewind says first what it will do, then does it, and how it is taken back", async () => {
  const { env, received } = await stubBroker({ [REWIND]: move() });
  // The stub answers the preview like the order; a preview that has a job is one that was made before.
  const preview = await stubBroker({ [REWIND]: move({ job: null }) });

  const asked = await run("subscription rewind", ["billing", "2", "--yes"], preview.env);
  const repeated = await run("subscription rewind", ["billing", "0.5", "--rate", "50", "--job", "j-1", "--yes"], env);

  expect(bodies(preview.received)).toEqual([
    { hours: 2, dryRun: true },
    { hours: 2, dryRun: false },
  ]);
  expect(asked.stderr).toContain(`Rewinds billing from ${AT} back to ${TO}: 5 messages will be delivered again.`);
  expect(asked.stderr).toContain("kbroker subscription rewind billing --undo");
  expect(bodies(received)).toEqual([{ hours: 0.5, rate: 50, job: "j-1", dryRun: true }]);
  expect(repeated.stdout).toBe(`Rewound billing to ${TO}: 5 messages will be delivered again.\n`);
});

test("rewind --json is {job, from, to, messages} and more", async () => {
  const { env } = await stubBroker({ [REWIND]: move() });

  const { json } = await runJson("subscription rewind", ["billing", "2", "--yes"], env);

  expect(moveReply.parse(json)).toMatchObject({ job: "j-1", from: AT, to: TO, messages: 5 });
});

test("without --yes and without somebody to ask a rewind is exit 6 and orders nothing", async () => {
  const { env, received } = await stubBroker({ [REWIND]: move({ job: null, clamped: true }) });

  const { exit, stderr } = await run("subscription rewind", ["billing", "2"], env);

  expect(exit).toBe(6);
  expect(stderr).toContain(`${TO} is the oldest message that is kept`);
  expect(stderr).toContain("Try: kbroker subscription rewind billing 2 --yes");
  expect(bodies(received)).toEqual([{ hours: 2, dryRun: true }]);
});

test("a dry run asks nothing and orders nothing", async () => {
  const { env, received } = await stubBroker({ [REWIND]: move({ job: null }) });

  const { exit, stdout } = await run("subscription rewind", ["billing", "--to", TO, "--dry-run"], env);

  expect([exit, bodies(received)]).toEqual([0, [{ to: TO, dryRun: true }]]);
  expect(stdout).toContain("5 messages will be delivered again");
});

test.each([
  ["rewind", ["billing"], /Missing: <hours> or --to/],
  ["rewind", ["billing", "two"], /<hours> is "two", which is no number/],
  ["rewind", ["billing", "2", "--rate", "fast"], /--rate is "fast"/],
  ["skip", ["billing"], /Missing: --to/],
] as const)("subscription %s %j is exit code 2 and sends nothing", async (verb, argv, message) => {
  const { env, received } = await stubBroker();

  const { exit, stderr } = await run(`subscription ${verb}`, argv, env);

  expect([exit, received]).toEqual([2, []]);
  expect(stderr).toMatch(message);
});

test.each(["rewind", "skip"] as const)("%s --undo takes the last one back", async (verb) => {
  const undo = move({ kind: "undo", job: null, undoes: "j-0", from: TO, to: AT });
  const { env, received } = await stubBroker({ "POST /admin/v1/subscriptions/billing/undo": undo });

  const { exit, stderr } = await run(`subscription ${verb}`, ["billing", "--undo", "--yes"], env);

  expect(exit).toBe(0);
  expect(bodies(received)).toEqual([
    { of: verb, dryRun: true },
    { of: verb, dryRun: false },
  ]);
  expect(stderr).toContain("Undoes j-0 of billing: 5 messages that would have been delivered again will not be.");
});

test("an undo that comes after all replays says that nothing changes for the consumer", async () => {
  const undo = { ...move({ kind: "undo", job: null, undoes: "j-0", from: TO, to: AT }), messages: 0 };
  const { env } = await stubBroker({ "POST /admin/v1/subscriptions/billing/undo": undo });

  const { stderr } = await run("subscription rewind", ["billing", "--undo", "--yes"], env);

  expect(stderr).toContain("Undoes j-0 of billing: everything has been delivered again already");
});

test("skip says what is dropped", async () => {
  const skip = move({ kind: "skip", job: null, from: TO, to: AT });
  const { env } = await stubBroker({ "POST /admin/v1/subscriptions/billing/skip": skip });

  const { stderr } = await run("subscription skip", ["billing", "--to", "now", "--yes"], env);

  expect(stderr).toContain(`Skips what waits for billing from ${TO} up to ${AT}: 5 messages will never be delivered.`);
});

test("a forward rewind is refused with exit 8 and the command that goes forward", async () => {
  const { env } = await stubBroker({
    [REWIND]: failure(409, "rewind_forward", { hint: "kbroker subscription skip billing" }),
  });

  const { exit, stderr } = await run("subscription rewind", ["billing", "2", "--yes"], env);

  expect(exit).toBe(8);
  expect(stderr).toContain("Try: kbroker subscription skip billing");
});

test("job list, show and cancel say how far a job is", async () => {
  const { env, received } = await stubBroker({
    "GET /admin/v1/jobs": { items: [job] },
    "GET /admin/v1/jobs/j-1": job,
    "POST /admin/v1/jobs/j-1/cancel": failure(409, "job_ended", { hint: "kbroker job show j-1" }),
  });

  const list = await run("job list", ["--subscription", "billing", "--state", "done"], env);
  const show = await runJson("job show", ["j-1"], env);
  const cancel = await run("job cancel", ["j-1"], env);

  expect(received[0]?.url).toBe("/admin/v1/jobs?subscription=billing&state=done");
  expect(list.stdout).toContain("5 messages, 2 to come");
  expect(jobReply.parse(show.json)).toEqual(job);
  expect(cancel.exit).toBe(8);
});

test.each([
  ["done", 0],
  ["failed", 1],
])("job watch ends with a job that is %s, one JSON a line where nobody looks, exit %i", async (state, expected) => {
  const { env } = await stubBroker({ "GET /admin/v1/jobs/j-1": { ...job, state } });

  const { stdout, exit } = await run("job watch", ["j-1"], env);

  expect(exit).toBe(expected);
  expect(
    stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line).state),
  ).toEqual([state]);
});

test("job list with a part that is empty does not say that there is no job", async () => {
  const { env } = await stubBroker({ "GET /admin/v1/jobs": { items: [] } });

  const [all, part] = [await run("job list", [], env), await run("job list", ["--state", "running"], env)];

  expect(all.stderr).toBe("There is no job. One begins with kbroker subscription rewind, skip or redrive.\n");
  expect(part.stderr).toBe("No job fits. See all: kbroker job list\n");
});
