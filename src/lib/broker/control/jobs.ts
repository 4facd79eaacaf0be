import { isJob } from "../../domain/documents.ts";
import { KBrokerError } from "../../domain/error.ts";
import { ENDED_JOB_MS_MAX, ENDED_JOBS_MAX, isMove, type Job, type JobHead } from "../../domain/job.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { CatalogDocument } from "../../engine/port.ts";
import type { Versioned } from "../catalog-view.ts";
import { subscriptionNamed } from "../lookup.ts";
import type { JobFilter } from "../requests/jobs.ts";
import type { Control } from "./control.ts";

/** `.` and `..` mean something else in a path. */
const JOB_ID = /^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,128}$/;

/** Newest first. Fails with `subscription_not_found` for one that is not there. */
export async function listJobs(control: Control, filter: JobFilter): Promise<readonly Job[]> {
  if (filter.subscription !== undefined) subscriptionNamed(control.view, filter.subscription);
  const jobs = (await allJobs(control)).map(({ value }) => value);
  return jobs
    .filter(({ subscription }) => subscription === (filter.subscription ?? subscription))
    .filter(({ state }) => state === (filter.state ?? state))
    .sort(newestFirst);
}

/** Fails with `job_not_found`. */
export async function jobNamed(control: Control, id: string): Promise<Versioned<Job>> {
  const found = await jobWithId(control, id);
  if (found !== undefined) return found;
  throw new KBrokerError("job_not_found", `There is no job "${id.slice(0, 200)}".`, { hint: "kbroker job list" });
}

export async function jobWithId({ engine }: Pick<Control, "engine">, id: string): Promise<Versioned<Job> | undefined> {
  const document = JOB_ID.test(id) ? await engine.catalog.get("job", id) : undefined;
  return document === undefined ? undefined : read(document);
}

/** What an order says of its job. `wish` is what is asked for, as text. */
export interface JobOrder {
  /** The caller's; left out: one is made. */
  readonly id: string | undefined;
  readonly subscription: Subscription;
  readonly wish: string;
}

/** The job that this very order has made before; `undefined` when the id is new. With another wish the id is refused. */
export async function repeated(control: Control, { id, wish }: JobOrder): Promise<Job | undefined> {
  if (id === undefined) return undefined;
  if (!JOB_ID.test(id)) {
    throw new KBrokerError("invalid_request", `${JSON.stringify(id.slice(0, 200))} cannot be the id of a job.`, {
      hint: "Use 1 to 128 letters, digits, dots, underscores, colons and hyphens.",
    });
  }
  const found = (await jobWithId(control, id))?.value;
  if (found === undefined || found.wish === wish) return found;
  throw new KBrokerError("job_exists", `There is a job "${id}" already, and it was asked for something else.`, {
    hint: `kbroker job show ${id}`,
  });
}

/** Fails with `job_active`: a subscription has one job at a time. */
export async function checkNoneActive(control: Control, { name, id }: Subscription): Promise<void> {
  await dropUnordered(control);
  const active = (await allJobs(control)).find(({ value }) => value.subscriptionId === id && value.state === "running");
  if (active === undefined) return;
  const { kind, id: job } = active.value;
  throw new KBrokerError("job_active", `The ${kind} "${job}" of subscription "${name}" is still running.`, {
    hint: `kbroker job watch ${job}`,
  });
}

export function newJob({ clock, newId, node }: Control, { id, subscription, wish }: JobOrder): JobHead {
  return {
    id: id ?? newId(),
    state: "running",
    subscription: subscription.name,
    subscriptionId: subscription.id,
    wish,
    node,
    createdAtMs: clock.now(),
    endedAtMs: null,
    error: null,
  };
}

/** A redrive ends where it is; what it did stays. A move is over in a moment, and is taken back by an undo instead. */
export async function cancelJob(control: Control, id: string): Promise<Job> {
  for (;;) {
    const { version, value: job } = await jobNamed(control, id);
    if (job.state === "cancelled") return job;
    if (job.state !== "running" || job.kind !== "redrive") throw cannotCancel(job);
    const cancelled: Job = { ...job, state: "cancelled", endedAtMs: control.clock.now() };
    try {
      await control.engine.catalog.put("job", id, cancelled, version);
      return cancelled;
    } catch (error) {
      // The owner said how far it is meanwhile, at most once a second.
      if (!(error instanceof KBrokerError && error.code === "version_conflict")) throw error;
    }
  }
}

function cannotCancel({ id, kind, state, subscription }: Job): KBrokerError {
  if (state === "running") {
    const what = `The ${kind} "${id}" has been ordered and cannot be stopped half way.`;
    return new KBrokerError("job_ended", what, { hint: `kbroker job watch ${id}` });
  }
  const isUndoable = state === "done" && (kind === "rewind" || kind === "skip");
  return new KBrokerError("job_ended", `The ${kind} "${id}" is ${state}: there is nothing to cancel.`, {
    hint: isUndoable ? `kbroker subscription ${kind} ${subscription} --undo` : `kbroker job show ${id}`,
  });
}

/**
 * A move is ordered once the subscription has its generation. A job whose broker ended before that never happened and is removed: its
 * caller was told nothing, and ordering the same id again orders it. For a time when no order is under way on this node; what another
 * node orders is left to it, as long as it is there.
 */
export async function dropUnordered(control: Control): Promise<void> {
  for (const job of await allJobs(control)) {
    const { value } = job;
    const { id, subscription, kind, state, node } = value;
    const isOrdered = control.view.subscription(subscription)?.value.lastMove?.job === id;
    if (!isMove(value) || state !== "running" || isOrdered || isOther(control, node)) continue;
    control.observer.log("warn", `A ${kind} was not ordered to its end; nothing was moved.`, { subscription, job: id });
    await remove(control, job);
  }
}

function isOther({ engine, node: own }: Control, node: string | undefined): boolean {
  return node !== own && engine.nodes.list().some(({ id, isSelf }) => id === node && !isSelf);
}

/** Removes the jobs of a subscription that is deleted. */
export async function forgetJobs(control: Control, subscriptionId: string): Promise<void> {
  const own = (await allJobs(control)).filter(({ value }) => value.subscriptionId === subscriptionId);
  for (const job of own) await remove(control, job);
}

/**
 * Lets go of old jobs: ended ones beyond the limits, and those of subscriptions that are gone. The job that a subscription's last move
 * was stays, as the owner reads there what to say of replays.
 */
export async function jobsPass(control: Control): Promise<void> {
  const subscriptions = control.view.subscriptions();
  const alive = new Set(subscriptions.map(({ id }) => id));
  const needed = new Set(subscriptions.map(({ lastMove }) => lastMove?.job));
  const oldestMs = control.clock.now() - ENDED_JOB_MS_MAX;
  const jobs = (await allJobs(control)).sort((a, b) => newestFirst(a.value, b.value));
  let ended = 0;
  for (const job of jobs) {
    const { id, subscriptionId, endedAtMs } = job.value;
    if (endedAtMs !== null) ended += 1;
    const isOld = endedAtMs !== null && (endedAtMs < oldestMs || ended > ENDED_JOBS_MAX);
    if (!alive.has(subscriptionId) || (isOld && !needed.has(id))) await remove(control, job);
  }
}

/** One that another has changed meanwhile stays until the next pass. */
async function remove({ engine }: Control, { version, value }: Versioned<Job>): Promise<void> {
  try {
    await engine.catalog.delete("job", value.id, version);
  } catch (error) {
    if (!(error instanceof KBrokerError && error.code === "version_conflict")) throw error;
  }
}

async function allJobs({ engine }: Pick<Control, "engine">): Promise<Versioned<Job>[]> {
  return (await engine.catalog.list("job")).map(read);
}

function read({ name, version, value }: CatalogDocument): Versioned<Job> {
  if (isJob(value)) return { version, value };
  throw new KBrokerError("data_unreadable", `The stored job "${name}" has a form that this version does not know.`, {
    hint: "Run the version of kbroker that wrote it, or a newer one.",
  });
}

function newestFirst(a: Job, b: Job): number {
  return b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1);
}
