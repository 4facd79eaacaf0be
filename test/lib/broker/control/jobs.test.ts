import { expect, test } from "vitest";
import { ENDED_JOB_MS_MAX, ENDED_JOBS_MAX, type Job } from "../../../../src/lib/domain/job.ts";
import { ENDPOINT, openTestBroker, type TestBroker } from "../../../support/broker.ts";
import { moveJob, redriveJob } from "../../../support/jobs.ts";

async function withSubscriptions(...names: readonly string[]): Promise<TestBroker & { ids: Map<string, string> }> {
  const opened = await openTestBroker();
  const ids = new Map<string, string>();
  await opened.broker.createTopic({ name: "orders", visibility: "private" });
  for (const name of names) {
    const { subscription } = await opened.broker.createSubscription({ name, topic: "orders", endpoint: ENDPOINT });
    ids.set(name, subscription.id);
  }
  return { ...opened, ids };
}

async function keep({ engine, ids }: Awaited<ReturnType<typeof withSubscriptions>>, ...jobs: readonly Job[]) {
  for (const job of jobs) {
    const subscriptionId = ids.get(job.subscription) ?? "gone";
    await engine.catalog.put("job", job.id, { ...job, subscriptionId }, 0);
  }
}

test("jobs are listed newest first, by subscription and by state", async () => {
  const opened = await withSubscriptions("billing", "shipping");
  await keep(
    opened,
    redriveJob({ id: "old", createdAtMs: 1, state: "done", endedAtMs: 2 }),
    moveJob({ id: "new", createdAtMs: 3 }),
    moveJob({ id: "other", createdAtMs: 2, subscription: "shipping" }),
  );
  const ids = async (filter: Parameters<typeof opened.broker.listJobs>[0]) =>
    (await opened.broker.listJobs(filter)).map(({ job }) => job.id).join(" ");

  expect(await ids({})).toBe("new other old");
  expect(await ids({ subscription: "billing" })).toBe("new old");
  expect(await ids({ state: "running" })).toBe("new other");
  expect(await ids({ subscription: "billing", state: "done" })).toBe("old");
  await expect(ids({ subscription: "biling" })).rejects.toMatchObject({ code: "subscription_not_found" });
});

test("a job that is not there is job_not_found, whatever the id looks like", async () => {
  const { broker } = await withSubscriptions("billing");

  for (const id of ["nope", "", "x".repeat(10_000), "\u0000"]) {
    await expect(broker.describeJob(id)).rejects.toMatchObject({ code: "job_not_found", hint: "kbroker job list" });
    await expect(broker.cancelJob(id)).rejects.toMatchObject({ code: "job_not_found" });
  }
});

test("a running redrive is cancelled, and cancelling twice is fine", async () => {
  const opened = await withSubscriptions("billing");
  await keep(opened, redriveJob({ id: "r", redriven: 3 }));
  await opened.clock.advance(5);

  const first = await opened.broker.cancelJob("r");
  const second = await opened.broker.cancelJob("r");

  expect(first.job).toMatchObject({ state: "cancelled", endedAtMs: opened.clock.now(), redriven: 3 });
  expect(second.job).toEqual(first.job);
});

test.each([
  [moveJob({ id: "m" }), "kbroker job watch m"],
  [moveJob({ id: "m", state: "done", endedAtMs: 1 }), "kbroker subscription rewind billing --undo"],
  [moveJob({ id: "m", kind: "skip", state: "done", endedAtMs: 1 }), "kbroker subscription skip billing --undo"],
  [redriveJob({ id: "m", state: "done", endedAtMs: 1 }), "kbroker job show m"],
] as const)("what cannot be cancelled is job_ended with what to do instead: %#", async (job, hint) => {
  const opened = await withSubscriptions("billing");
  await keep(opened, job);

  await expect(opened.broker.cancelJob("m")).rejects.toMatchObject({ code: "job_ended", hint });

  expect((await opened.broker.describeJob("m")).job.state).toBe(job.state);
});

test("a stored job of another form is named and not guessed at", async () => {
  const { broker, engine } = await withSubscriptions("billing");
  await engine.catalog.put("job", "odd", { id: "odd" }, 0);

  await expect(broker.describeJob("odd")).rejects.toMatchObject({ code: "data_unreadable" });
});

test("ended jobs are kept for seven days and up to a limit; running ones and last moves stay, those of nobody go", async () => {
  const opened = await withSubscriptions("billing");
  const now = opened.clock.now();
  const ended = (id: string, agoMs: number) =>
    redriveJob({ id, state: "done", createdAtMs: now - agoMs, endedAtMs: now - agoMs });
  const many = Array.from({ length: ENDED_JOBS_MAX + 2 }, (_, index) => ended(`m${index}`, index));
  await keep(opened, ...many, ended("week", ENDED_JOB_MS_MAX + 1), ended("last-move", ENDED_JOB_MS_MAX + 1));
  await keep(opened, redriveJob({ id: "running" }), redriveJob({ id: "nobody", subscription: "gone" }));
  const document = await opened.engine.catalog.get("subscription", "billing");
  const lastMove = { job: "last-move", kind: "rewind", atMs: now };
  await opened.engine.catalog.put("subscription", "billing", { ...Object(document?.value), lastMove }, 1);

  await opened.broker.start();
  await opened.clock.advance(1);

  const left = new Set((await opened.broker.listJobs({})).map(({ job }) => job.id));
  expect(left.size).toBe(ENDED_JOBS_MAX + 2);
  expect(["running", "last-move", "m0", `m${ENDED_JOBS_MAX - 1}`].filter((id) => !left.has(id))).toEqual([]);
  expect(["nobody", "week", `m${ENDED_JOBS_MAX}`].filter((id) => left.has(id))).toEqual([]);
});

test("a job that ended more than seven days ago goes, however few there are", async () => {
  const opened = await withSubscriptions("billing");
  const ended = (id: string, agoMs: number) =>
    redriveJob({ id, state: "done", createdAtMs: 0, endedAtMs: opened.clock.now() - agoMs });
  await keep(opened, ended("week", ENDED_JOB_MS_MAX + 1), ended("younger", ENDED_JOB_MS_MAX - 60_000));

  await opened.broker.start();
  await opened.clock.advance(1);

  expect((await opened.broker.listJobs({})).map(({ job }) => job.id)).toEqual(["younger"]);
});

test("running jobs take no room among the ended ones that are kept", async () => {
  const opened = await withSubscriptions("billing");
  const now = opened.clock.now();
  const ended = (_: unknown, index: number) =>
    redriveJob({ id: `m${index}`, state: "done", createdAtMs: now - 1 - index, endedAtMs: now - 1 });
  await keep(opened, ...Array.from({ length: ENDED_JOBS_MAX }, ended), redriveJob({ id: "running", createdAtMs: now }));

  await opened.broker.start();
  await opened.clock.advance(1);

  expect((await opened.broker.listJobs({})).length).toBe(ENDED_JOBS_MAX + 1);
});
