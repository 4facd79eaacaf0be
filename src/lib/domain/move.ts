import { type Cursor, cutAt, highest, isSettled, settle, settleLost, unite, unsettledCount } from "./cursor.ts";
import type { Replay } from "./job.ts";

/** What a move does in one shard. Everything is given as it was before the move, however much of it was done already. */
export type Move =
  | { readonly kind: "rewind"; readonly target: number }
  | { readonly kind: "skip"; readonly target: number }
  | { readonly kind: "undo"; readonly undone: Undone };

/** The rewind or skip that an undo takes back. */
export interface Undone {
  readonly kind: "rewind" | "skip";
  readonly target: number;
  /** The generation that it brought. */
  readonly generation: number;
  /** Where the subscription stood before it. */
  readonly saved: Cursor;
}

/** A parked message of the shard. A suspended one comes again by itself, or was skipped; it counts as nothing and waits for an undo. */
export interface Parked {
  readonly source: { readonly offset: number };
  /** The generation of the move that suspended it. */
  readonly suspendedBy?: number;
  /** It was parked before the rewind already, and nobody has acknowledged it: an undo leaves it waiting. */
  readonly waitedBefore?: boolean;
}

export interface Before<P extends Parked> {
  /** What is parked and not suspended counts as settled in it. */
  readonly cursor: Cursor;
  readonly parked: readonly P[];
  /** What is kept of the shard: before `start` everything has expired. */
  readonly start: number;
  readonly end: number;
  /** That the move brings. */
  readonly generation: number;
}

export interface After<P extends Parked> {
  readonly cursor: Cursor;
  /** To be suspended. */
  readonly suspend: readonly P[];
  /** Due again. */
  readonly revive: readonly P[];
  /** Suspended by an earlier move, which can be undone no longer, or settled since, or a replay that failed: of no use to anybody. */
  readonly drop: readonly P[];
  /** How many will be delivered again (rewind), never (skip), or after all or not again after all (undo). */
  readonly messages: number;
}

/** Done again from the same beginning it gives the same, also when some entries are as it left them. */
export function applyMove<P extends Parked>(move: Move, before: Before<P>): After<P> {
  if (move.kind === "rewind") return rewound(move.target, before);
  if (move.kind === "skip") return skipped(move.target, before);
  return move.undone.kind === "rewind" ? unrewound(move.undone, before) : unskipped(move.undone, before);
}

/** What expired before the move is counted as that, now: a skip would settle it as something else, and an undo count it twice. */
export function settleExpired(cursor: Cursor, start: number): Cursor {
  return settleLost(cursor, { from: 0, to: start }, "expired");
}

/** From the target on nothing is settled any more; what was not settled below it stays so. */
function rewound<P extends Parked>(target: number, before: Before<P>): After<P> {
  const { cursor, start, end, generation } = before;
  const range = { from: Math.max(target, start), to: end };
  return {
    cursor: { ...cutAt(cursor, target), generation },
    suspend: active(before).filter(({ source }) => source.offset >= target),
    revive: [],
    drop: stale(before),
    messages: Math.max(0, range.to - range.from) - unsettledCount(cursor, range),
  };
}

/** Below the target everything is settled. */
function skipped<P extends Parked>(target: number, before: Before<P>): After<P> {
  const { cursor, start, generation } = before;
  const suspend = active(before).filter(({ source }) => source.offset < target);
  return {
    cursor: { ...settle(cursor, { from: 0, to: target }), generation },
    suspend,
    revive: [],
    drop: stale(before),
    messages: unsettledCount(cursor, { from: start, to: target }) + keptCount(suspend, before),
  };
}

/** What was settled before the rewind or has become so since stays settled. */
function unrewound<P extends Parked>({ saved, target, generation: undone }: Undone, before: Before<P>): After<P> {
  const { cursor, parked, start, end, generation } = before;
  const waits = ({ source, suspendedBy }: P) => suspendedBy === undone && !isSettled(cursor, source.offset);
  /** It was acknowledged before the rewind; only its replay failed. */
  const isOver = ({ source: { offset }, suspendedBy, waitedBefore = false }: P) =>
    suspendedBy === undefined && !waitedBefore && offset >= target && isSettled(saved, offset);
  const over = parked.filter(isOver);
  const united = unite(cursor, saved);
  const revive = parked.filter(waits);
  const kept = { from: start, to: end };
  const unsettled = unsettledCount(cursor, kept) - unsettledCount(united, kept);
  return {
    cursor: { ...united, generation },
    suspend: [],
    revive,
    drop: parked.filter((entry) => (entry.suspendedBy !== undefined && !waits(entry)) || isOver(entry)),
    messages: unsettled - keptCount(revive, before) + keptCount(over, before),
  };
}

/** Below the target all is as it was before the skip; at and above it what has become settled since stays so. */
function unskipped<P extends Parked>({ saved, target, generation: undone }: Undone, before: Before<P>): After<P> {
  const { cursor, parked, start, end, generation } = before;
  const { expired, damaged } = cursor;
  const united = { ...unite(saved, cursor, target), expired, damaged };
  const revive = parked.filter(({ suspendedBy }) => suspendedBy === undone);
  const kept = { from: start, to: end };
  return {
    cursor: { ...united, generation },
    suspend: [],
    revive,
    drop: parked.filter(({ suspendedBy }) => suspendedBy !== undefined && suspendedBy !== undone),
    messages: unsettledCount(united, kept) - unsettledCount(cursor, kept) + keptCount(revive, before),
  };
}

/**
 * What is a replay once a rewind is done: from the target up to the highest offset that was settled, and as far as replays of an earlier
 * rewind still waited behind it.
 */
export function replayOf(
  { cursor, target, inherited }: { cursor: Cursor; target: number; inherited: Replay | undefined },
  { job, shard }: { readonly job: string; readonly shard: number },
): Replay | undefined {
  let [from, to] = [target, Math.max(target, highest(cursor))];
  const reaches = inherited !== undefined && inherited.to >= from && inherited.from <= to;
  if (reaches && unsettledCount(cursor, inherited) > 0) {
    from = Math.min(from, inherited.from);
    to = Math.max(to, inherited.to);
  }
  return to > from ? { shard, from, to, job } : undefined;
}

/** Those that this very move has suspended already were active before it. */
function active<P extends Parked>({ parked, generation }: Before<P>): readonly P[] {
  return parked.filter(({ suspendedBy }) => suspendedBy === undefined || suspendedBy === generation);
}

function stale<P extends Parked>({ parked, generation }: Before<P>): readonly P[] {
  return parked.filter(({ suspendedBy }) => suspendedBy !== undefined && suspendedBy !== generation);
}

function keptCount<P extends Parked>(entries: readonly P[], { start, end }: Before<P>): number {
  return entries.filter(({ source: { offset } }) => offset >= start && offset < end).length;
}
