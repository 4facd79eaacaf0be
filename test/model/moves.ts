import { type Delivery, deliveriesOf, isAlive, isSettled, type ModelSubscription } from "./ledger.ts";

/** A move as it was ordered; it is made at one moment, of which the order's caller hears a little later. */
export interface Move {
  readonly job: string;
  readonly kind: "rewind" | "skip" | "undo";
  /** Of a rewind or skip: the first offset that is not meant by "before". */
  readonly target: number;
  readonly nowMs: number;
}

/** What one message was when a move was made. */
export interface SavedDelivery extends Pick<Delivery, "state" | "attempts" | "strikesMax"> {
  readonly settled: boolean;
}

/** The last move, as far as an undo needs it. */
export interface MadeMove extends Move {
  readonly saved: ReadonlyMap<Delivery, SavedDelivery>;
  readonly inherited: ModelSubscription["replays"];
}

export const UNDO_MS = 24 * 3_600_000;

/** Makes the move, message by message. Returns how many messages it means. */
export function make(subscription: ModelSubscription, move: Move): number {
  const all = [...deliveriesOf(subscription)];
  const { lastMove, replays } = subscription;
  subscription.moving = undefined;
  const settled = (one: Delivery) => isSettled(one, subscription, move.nowMs);
  const saved = new Map(all.map((one) => [one, savedOf(one, settled(one))] as const));
  subscription.lastMove = { ...move, saved, inherited: replays };
  const isKept = (one: Delivery) => isAlive(one, subscription, move.nowMs);
  if (move.kind === "undo") return lastMove === undefined ? 0 : undo(subscription, lastMove, { all, settled, isKept });
  for (const one of all) one.suspended = undefined;
  const meant = all.filter((one) =>
    move.kind === "rewind" ? offsetOf(one) >= move.target : offsetOf(one) < move.target,
  );
  if (move.kind === "skip") return meant.filter((one) => passBy(one, isKept(one))).length;
  subscription.replays = replaysOf(subscription, move, { all, settled });
  return meant.filter(settled).map(comeAgain).length;
}

const offsetOf = ({ stored }: Delivery) => stored.offset ?? Number.POSITIVE_INFINITY;

function savedOf({ state, attempts, strikesMax }: Delivery, settled: boolean): SavedDelivery {
  return { state, attempts, strikesMax, settled };
}

/** As if it had never been delivered; what was parked may be wanted again by an undo. */
function comeAgain(one: Delivery): void {
  const { state, attempts, strikesMax } = one;
  if (state === "parked") one.suspended = { attempts, strikesMax };
  one.wasSettled = one.wasSettled || state !== "parked";
  one.state = "pending";
  one.attempts = 0;
  one.strikesMax = 0;
}

/** Whether it counts as skipped. What is past its time is not there to be skipped, but where it was tried nobody waits for its dead letter. */
function passBy(one: Delivery, isKept: boolean): boolean {
  const { state, attempts, strikesMax } = one;
  if (state !== "parked" && (state !== "pending" || !isKept)) return false;
  if (state === "parked") one.suspended = { attempts, strikesMax };
  one.state = "passed";
  return isKept;
}

interface Seen {
  readonly all: readonly Delivery[];
  readonly settled: (one: Delivery) => boolean;
  readonly isKept: (one: Delivery) => boolean;
}

function undo(subscription: ModelSubscription, undone: MadeMove, { all, settled, isKept }: Seen): number {
  subscription.replays = undone.inherited;
  const changed = all.filter((one) => (undone.kind === "rewind" ? unrewind : unskip)(one, undone, settled(one)));
  const count = changed.filter(isKept).length;
  for (const one of all) one.suspended = undefined;
  return count;
}

/** Whether it comes no more. What was settled since stays so; a replay that failed is as if it had never been pushed. */
function unrewind(one: Delivery, { saved }: MadeMove, isSettledNow: boolean): boolean {
  const before = saved.get(one);
  if (before === undefined) return false;
  if (one.state === "parked" && before.settled && before.state !== "parked") {
    one.state = before.state;
    return true;
  }
  if (isSettledNow) return false;
  if (one.suspended !== undefined) revive(one);
  else if (before.settled) {
    one.state = before.state;
    return true;
  }
  return false;
}

/** Whether it comes after all. */
function unskip(one: Delivery, { saved, target }: MadeMove): boolean {
  const before = saved.get(one);
  if (one.state !== "passed" || before === undefined || before.state === "passed" || offsetOf(one) >= target)
    return false;
  if (one.suspended !== undefined) revive(one);
  else one.state = "pending";
  return true;
}

function revive(one: Delivery): void {
  one.state = "parked";
  one.attempts = one.suspended?.attempts ?? 0;
  one.strikesMax = one.suspended?.strikesMax ?? 0;
}

/** From the target up to the highest that was settled; with what an earlier rewind had left right there. */
function replaysOf(
  { replays }: ModelSubscription,
  { job, target }: Move,
  { all, settled }: Pick<Seen, "all" | "settled">,
): ModelSubscription["replays"] {
  let [from, to] = [target, Math.max(target, highestOf(all.filter(settled)))];
  const isWaiting = (one: Delivery) => isIn(replays, offsetOf(one)) && !settled(one);
  if (replays !== undefined && replays.to >= from && replays.from <= to && all.some(isWaiting)) {
    from = Math.min(from, replays.from);
    to = Math.max(to, replays.to);
  }
  return to > from ? { job, from, to } : undefined;
}

export function isIn(replays: ModelSubscription["replays"], offset: number): boolean {
  return replays !== undefined && replays.from <= offset && offset < replays.to;
}

export const highestOf = (settled: readonly Delivery[]) => Math.max(0, ...settled.map((one) => offsetOf(one) + 1));
