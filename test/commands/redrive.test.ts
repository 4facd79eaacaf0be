import { describe, expect, test } from "vitest";
import { deadLetterListReply } from "../../src/lib/api/dead-letter.ts";
import { purgeReply, type RedriveReply, redriveReply } from "../../src/lib/api/redrive.ts";
import { deadLetter } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { stubBroker } from "./stub-broker.ts";

const REDRIVE = "POST /admin/v1/subscriptions/billing/redrive";
const PURGE = "POST /admin/v1/subscriptions/billing/dead-letters/purge";
const JOB = "GET /admin/v1/jobs/j-1";
const LETTERS = "GET /admin/v1/subscriptions/billing/dead-letters";
const AT = "2026-01-31T08:00:00.000Z";

const reasons = [
  { reason: "answered 503", class: "answered", status: 503, count: 11 },
  { reason: "no answer within 30s", class: "unavailable", status: null, count: 1 },
];
const ordered: RedriveReply = { job: "j-1", matched: 12, redriven: 0, state: "running", setAside: 2, reasons };
const job = {
  ...{ name: "j-1", id: "j-1", kind: "redrive", state: "done", subscription: "billing", createdAt: AT, endedAt: AT },
  ...{ error: null, rate: null, matched: 12, redriven: 12, countMax: null, includeSetAside: false },
};
const stub = (replies = {}) => stubBroker({ [REDRIVE]: ordered, [JOB]: job, ...replies });

describe("subscription redrive", () => {
  test("says how many and why before it does it, waits, and tells how many were redriven", async () => {
    const { env, received } = await stub();

    const { stdout, stderr, exit } = await run("subscription redrive", ["billing", "--yes"], env);

    expect([stdout, exit]).toEqual(["Redriven 12 of 12 dead letters.\n", 0]);
    expect(stderr).toBe(
      "Delivers 12 dead letters once more, to billing only.\n" +
        "11 × answered 503 (answered, status 503)\n" +
        "1 × no answer within 30s (unavailable)\n" +
        "Leaves 2 dead letters that were redriven too often; --include-set-aside takes them, too.\n" +
        "Next: kbroker subscription lag billing\n",
    );
    const [planned, asked, looked] = received;
    expect(JSON.parse(planned?.body.toString() ?? "")).toMatchObject({ dryRun: true });
    expect(JSON.parse(asked?.body.toString() ?? "")).toEqual({ filter: {} });
    expect(looked?.url).toBe("/admin/v1/jobs/j-1");
  });

  test("--json is {job, matched, redriven}", async () => {
    const { env } = await stub();

    const { json } = await runJson("subscription redrive", ["billing", "--max-messages=10", "--yes"], env);

    expect(redriveReply.parse(json)).toMatchObject({ job: "j-1", matched: 12, redriven: 12, state: "done" });
  });

  test("its flags reach the broker", async () => {
    const { env, received } = await stub();
    const flags = ["--filter", "status=503", "--filter", "since=2h", "--max-messages", "10", "--rate", "50"];

    await run("subscription redrive", ["billing", ...flags, "--include-set-aside", "--job", "j-1", "--yes"], env);

    expect(JSON.parse(received[1]?.body.toString() ?? "")).toEqual({
      filter: { status: 503, since: "2h" },
      includeSetAside: true,
      maxMessages: 10,
      rate: 50,
      job: "j-1",
    });
  });

  test("--no-wait answers once the job is ordered", async () => {
    const { env, received } = await stub();

    const { stdout, stderr } = await run("subscription redrive", ["billing", "--no-wait", "--yes"], env);

    expect(stdout).toBe("Redrive j-1 is running: 0 of 12 dead letters so far.\n");
    expect(stderr).toMatch(/Next: kbroker job watch j-1\n$/);
    expect(received).toHaveLength(2);
  });

  test("--dry-run prints what would be redriven and orders nothing", async () => {
    const { env, received } = await stub();

    const { stdout } = await run("subscription redrive", ["billing", "--dry-run", "--max-messages", "5"], env);

    expect(stdout).toMatch(/^Delivers the oldest 5 of 12 dead letters once more, to billing only\.\n11 × answered/);
    expect(received).toHaveLength(1);
  });

  test("where nobody can be asked it redrives nothing and names the line", async () => {
    const { env, received } = await stub();

    const { exit, stderr } = await run("subscription redrive", ["billing", "--filter", "reason=a b"], env);

    expect(exit).toBe(6);
    expect(stderr).toContain("kbroker subscription redrive billing --filter 'reason=a b' --yes");
    expect(received).toHaveLength(1);
  });

  test("nothing to redrive is said, and nothing is asked", async () => {
    const { env, received } = await stub({
      [REDRIVE]: { ...ordered, job: null, state: "dry-run", matched: 0, reasons: [] },
    });

    const { stdout, stderr, exit } = await run("subscription redrive", ["billing"], env);

    expect([stdout, exit]).toEqual(["No dead letter of billing is to be redriven.\n", 0]);
    expect(stderr).toContain("Leaves 2 dead letters");
    expect(received).toHaveLength(1);
  });

  test("a filter that is none is refused before any request", async () => {
    const { env, received } = await stub();

    const { exit, stderr } = await run("subscription redrive", ["billing", "--filter", "colour=red", "--yes"], env);

    expect(exit).toBe(2);
    expect(stderr).toContain('There is no filter "colour"');
    expect(received).toHaveLength(0);
  });

  test("a redrive that was given up exits 1 and says why", async () => {
    const { env } = await stub({ [JOB]: { ...job, state: "failed", redriven: 3, error: "Too scattered." } });

    const { exit, stdout, stderr } = await run("subscription redrive", ["billing", "--yes"], env);

    expect([stdout, exit]).toEqual(["Redrive j-1 was given up after 3 of 12 dead letters.\n", 1]);
    expect(stderr).toContain("Too scattered.\n");
  });
});

describe("dlq purge", () => {
  const plan = { subscription: "billing", matched: 3, setAside: 1, purged: 3, reasons };

  test("says what goes before it goes", async () => {
    const { env } = await stub({ [PURGE]: plan });

    const { stdout, stderr, exit } = await run("dlq purge", ["billing", "--yes"], env);

    expect([stdout, exit]).toEqual(["Purged 3 dead letters of billing.\n", 0]);
    expect(stderr).toMatch(/^Lets go of 3 dead letters of billing for good, 1 of them set aside\.\n/);
  });

  test("without --yes where nobody can be asked nothing goes", async () => {
    const { env, received } = await stub({ [PURGE]: plan });

    const { exit } = await run("dlq purge", ["billing"], env);

    expect([exit, received.length]).toEqual([6, 1]);
  });

  test("--dry-run and --json", async () => {
    const { env, received } = await stub({ [PURGE]: plan });

    const { json } = await runJson("dlq purge", ["billing", "--dry-run", "--filter", "status=400"], env);

    expect(purgeReply.parse(json)).toEqual(plan);
    expect(JSON.parse(received[0]?.body.toString() ?? "")).toEqual({ filter: { status: 400 }, dryRun: true });
  });

  test("nothing to purge is said", async () => {
    const { env } = await stub({ [PURGE]: { ...plan, matched: 0, setAside: 0, reasons: [] } });

    expect(await run("dlq purge", ["billing"], env)).toMatchObject({
      stdout: "No dead letter of billing is to be purged.\n",
      exit: 0,
    });
  });
});

describe("dlq list", () => {
  test("filters and --all reach the broker, and the next page keeps them", async () => {
    const items = [deadLetter({ state: "settled" })];
    const { env, received } = await stub({ [LETTERS]: { items, total: 9, setAside: 0, next: "0:4" } });

    const { stdout, stderr } = await run(
      "dlq list",
      ["billing", "--all", "--filter", "reason=a,b", "--limit", "1"],
      env,
    );

    expect(received[0]?.url).toMatch(/\?limit=1&all=true&reason=a%2Cb$/);
    expect(stdout).toContain("settled");
    expect(stderr).toBe("Next: kbroker dlq list billing --all --filter reason=a,b --limit 1 --after 0:4\n");
  });

  test("at the end of the list nothing more is said", async () => {
    const { env } = await stub({ [LETTERS]: { items: [deadLetter()], total: 1, setAside: 0, next: null } });

    expect((await run("dlq list", ["billing"], env)).stderr).toBe("");
    expect(deadLetterListReply.parse((await runJson("dlq list", ["billing"], env)).json).items[0]?.state).toBe("dead");
  });
});
