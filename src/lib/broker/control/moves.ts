import { isSubscription } from "../../domain/documents.ts";
import { isMove, type MoveJob } from "../../domain/job.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Versioned } from "../catalog-view.ts";
import { subscriptionNamed } from "../lookup.ts";
import type { MoveView, RewindRequest, SkipRequest, UndoRequest } from "../requests/jobs.ts";
import type { Control } from "./control.ts";
import { checkNoneActive, dropUnordered, type JobOrder, jobNamed, repeated } from "./jobs.ts";
import { type Ground, groundOf, messagesOf } from "./move-ground.ts";
import { planRewind } from "./rewind.ts";
import { planSkip } from "./skip.ts";
import { planUndo } from "./undo.ts";

/** An owner that has not moved by then is not waited for: the order stands, and its job says when it is done. */
const APPLIED_WAIT_MS_MAX = 10_000;

export function orderRewind(control: Control, name: string, request: RewindRequest): Promise<MoveView> {
  const { hours, to, ratePerS } = request;
  const wish = { kind: "rewind", hours, to, ratePerS };
  return order(control, { name, request, wish }, (ground, order) => planRewind(control, ground, { order, request }));
}

export function orderSkip(control: Control, name: string, request: SkipRequest): Promise<MoveView> {
  const wish = { kind: "skip", to: request.to };
  return order(control, { name, request, wish }, (ground, order) => planSkip(control, ground, { order, request }));
}

export function orderUndo(control: Control, name: string, request: UndoRequest): Promise<MoveView> {
  const wish = { kind: "undo", of: request.of };
  return order(control, { name, request, wish }, async (ground, order) =>
    planUndo(control, ground, { order, request }),
  );
}

/** Waits until the owner has moved, for a bounded time. */
export async function applied(control: Control, ordered: MoveView): Promise<MoveView> {
  const { engine, clock } = control;
  const { id } = ordered.job;
  if (!ordered.isOrdered || ordered.job.state !== "running") return ordered;
  const ended = new AbortController();
  const look = async () => {
    const { value } = await jobNamed(control, id);
    if (value.state !== "running") ended.abort();
    return value;
  };
  const unwatch = engine.catalog.watch(({ kind, name }) => {
    // What fails here fails below, too, where somebody hears of it.
    if (kind === "job" && name === id) void look().catch(() => ended.abort());
  });
  try {
    if ((await look()).state === "running") await clock.after(APPLIED_WAIT_MS_MAX, ended.signal);
  } finally {
    unwatch();
  }
  const job = await look();
  return isMove(job) ? { job, isOrdered: true } : ordered;
}

interface Asked {
  readonly name: string;
  readonly request: { readonly job?: string | undefined; readonly dryRun: boolean };
  /** What makes one order another. */
  readonly wish: Readonly<Record<string, unknown>>;
}

type Plan = (ground: Ground, order: JobOrder) => Promise<MoveJob>;

/** Runs alone among the changes of this node. The same order again is answered with its job, also long after. */
async function order(control: Control, { name, request, wish }: Asked, plan: Plan): Promise<MoveView> {
  const found = subscriptionNamed(control.view, name);
  const subscription = found.value;
  const order = { id: request.job, subscription, wish: JSON.stringify({ ...wish, subscriptionId: subscription.id }) };
  await dropUnordered(control);
  const before = await repeated(control, order);
  if (before !== undefined && isMove(before)) return { job: before, isOrdered: true };
  await checkNoneActive(control, subscription);
  const ground = await groundOf(control, subscription);
  const job = await plan(ground, order);
  if (request.dryRun) return { job: { ...job, messages: messagesOf(job, ground) }, isOrdered: false };
  await put(control, found, job);
  return { job, isOrdered: true };
}

/** The job first; with the subscription's new generation it will happen, whatever happens to this node. */
async function put(
  { engine, clock }: Control,
  { version, value }: Versioned<Subscription>,
  job: MoveJob,
): Promise<void> {
  const { id, kind, generation } = job;
  const stored = await engine.catalog.put("job", id, job, 0);
  const moved: Subscription = { ...value, generation, lastMove: { job: id, kind, atMs: clock.now() } };
  try {
    await engine.catalog.put("subscription", value.name, moved, version);
  } catch (error) {
    // A write whose answer was lost may have happened all the same.
    const now = (await engine.catalog.get("subscription", value.name))?.value;
    if (isSubscription(now) && now.lastMove?.job === id) return;
    await engine.catalog.delete("job", id, stored.version);
    throw error;
  }
}
