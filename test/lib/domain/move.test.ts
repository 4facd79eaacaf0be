import { fc, test as propertyTest } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { type Cursor, cursorAt, isSettled, settle } from "../../../src/lib/domain/cursor.ts";
import {
  applyMove,
  type Before,
  type Move,
  replayOf,
  settleExpired,
  type Undone,
} from "../../../src/lib/domain/move.ts";

const IDENTITY = { topicId: "t", subscriptionId: "s" };
const END = 24;

interface Entry {
  readonly source: { readonly offset: number };
  readonly suspendedBy?: number;
  readonly waitedBefore?: boolean;
}

/** The same in plain sets: what is settled (parked included), what is parked, and what each move suspended. */
interface Model {
  settled: Set<number>;
  parked: Set<number>;
  suspended: Set<number>;
  /** Settled and not parked when the last move was made. */
  acknowledged: ReadonlySet<number>;
  last?: { readonly kind: "rewind" | "skip"; readonly target: number; readonly settled: ReadonlySet<number> };
}

interface World {
  cursor: Cursor;
  entries: readonly Entry[];
  generation: number;
  undone: Undone | undefined;
  readonly model: Model;
}

const offset = fc.integer({ min: 0, max: END - 1 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("acknowledge", "park"), offset }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("rewind", "skip"), offset, halfWay: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("undo"), offset, halfWay: fc.nat() }) },
);

const isActive = ({ suspendedBy }: Entry) => suspendedBy === undefined;

/** The owner in the middle of a move: some of the entries are written, then it dies, and the next one begins from what was saved. */
function move(world: World, act: Move, halfWay: number): number {
  const generation = world.generation + 1;
  const before: Before<Entry> = { cursor: world.cursor, parked: world.entries, start: 0, end: END, generation };
  const first = applyMove(act, before);
  const written = new Map<number, Entry>();
  for (const { source } of first.suspend) written.set(source.offset, { source, suspendedBy: generation });
  for (const { source } of first.revive) written.set(source.offset, { source, waitedBefore: true });
  const some = new Set([...written.keys()].filter((key) => (halfWay >> (key % 16)) % 2 === 1));
  const replaced = (only: (key: number) => boolean) =>
    world.entries.map((entry) => (only(entry.source.offset) ? (written.get(entry.source.offset) ?? entry) : entry));

  const again = applyMove(act, { ...before, parked: replaced((key) => some.has(key)) });
  expect(again.cursor).toEqual(first.cursor);
  expect(new Set(again.drop.map(({ source }) => source.offset))).toEqual(
    new Set(first.drop.map(({ source }) => source.offset)),
  );

  const dropped = new Set(first.drop);
  world.undone = act.kind === "undo" ? undefined : { ...act, generation, saved: world.cursor };
  world.entries = replaced(() => true).filter((entry) => !dropped.has(entry));
  world.cursor = first.cursor;
  world.generation = generation;
  return first.messages;
}

function unsettledAndParked({ settled, parked }: Model): number {
  return END - settled.size + parked.size;
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(world: World, each: Step): void {
  const { model } = world;
  const at = each.offset;
  if (each.do === "acknowledge") {
    if (model.parked.has(at) === !model.settled.has(at)) return;
    world.cursor = settle(world.cursor, { from: at, to: at + 1 });
    world.entries = world.entries.filter((entry) => !(isActive(entry) && entry.source.offset === at));
    model.settled.add(at);
    model.parked.delete(at);
  } else if (each.do === "park") {
    if (model.settled.has(at)) return;
    world.cursor = settle(world.cursor, { from: at, to: at + 1 });
    const waitedBefore = world.entries.some(
      ({ source, suspendedBy }) => source.offset === at && suspendedBy !== undefined,
    );
    world.entries = [
      ...world.entries.filter(({ source }) => source.offset !== at),
      { source: { offset: at }, ...(waitedBefore ? { waitedBefore } : {}) },
    ];
    model.settled.add(at);
    model.parked.add(at);
    model.suspended.delete(at);
  } else if (!("halfWay" in each)) return;
  else if (each.do === "undo") undo(world, each.halfWay);
  else order(world, each.do === "rewind" ? "rewind" : "skip", each);
}

function order(
  world: World,
  kind: "rewind" | "skip",
  { offset: target, halfWay }: { offset: number; halfWay: number },
) {
  const { model } = world;
  const waiting = unsettledAndParked(model);
  const settledAbove = [...model.settled].filter((at) => at >= target).length;
  model.last = { kind, target, settled: new Set(model.settled) };
  const isMoved = (at: number) => (kind === "rewind" ? at >= target : at < target);
  model.acknowledged = new Set([...model.settled].filter((at) => !model.parked.has(at)));
  model.suspended = new Set([...model.parked].filter(isMoved));
  model.parked = new Set([...model.parked].filter((at) => !isMoved(at)));
  if (kind === "rewind") model.settled = new Set([...model.settled].filter((at) => at < target));
  else for (let at = 0; at < target; at += 1) model.settled.add(at);

  const messages = move(world, { kind, target }, halfWay);

  expect(messages).toBe(kind === "rewind" ? settledAbove : waiting - unsettledAndParked(model));
}

function undo(world: World, halfWay: number): void {
  const { model, undone } = world;
  if (undone === undefined || model.last === undefined) return;
  const { kind, target, settled } = model.last;
  const waiting = unsettledAndParked(model);
  const since = new Set(model.settled);
  const due = [...model.suspended].filter((at) => kind === "skip" || !since.has(at));
  if (kind === "rewind") for (const at of model.acknowledged) if (at >= target) model.parked.delete(at);
  model.settled = new Set([...settled, ...[...since].filter((at) => kind === "rewind" || at >= target)]);
  for (const at of due) model.parked.add(at);
  model.suspended = new Set();
  delete model.last;

  const messages = move(world, { kind: "undo", undone }, halfWay);

  expect(messages).toBe(Math.abs(unsettledAndParked(model) - waiting));
}

propertyTest.prop([fc.array(step, { maxLength: 30 })], { numRuns: 2_000 })(
  "rewinds, skips and undos leave settled, parked and suspended what plain sets say, also when they are done again half way",
  (steps) => {
    const model: Model = { settled: new Set(), parked: new Set(), suspended: new Set(), acknowledged: new Set() };
    const world: World = { cursor: cursorAt(0, IDENTITY), entries: [], generation: 0, undone: undefined, model };

    for (const each of steps) {
      take(world, each);

      const settled = Array.from({ length: END }, (_, at) => at).filter((at) => isSettled(world.cursor, at));
      const offsets = (entries: readonly Entry[]) => new Set(entries.map(({ source }) => source.offset));
      expect(new Set(settled)).toEqual(model.settled);
      expect(offsets(world.entries.filter(isActive))).toEqual(model.parked);
      expect(world.cursor.generation).toBe(world.generation);
      const suspended = offsets(world.entries.filter((entry) => !isActive(entry)));
      if (world.undone !== undefined) expect(suspended).toEqual(model.suspended);
      else expect(suspended).toEqual(new Set());
    }
  },
);

test("the counts of what expired and what was damaged stay whatever moves", () => {
  const cursor = { ...settle(cursorAt(10, IDENTITY), { from: 12, to: 15 }), expired: 3, damaged: 2 };
  const saved = { ...cursorAt(2, IDENTITY), expired: 1, damaged: 1 };
  const before = { cursor, parked: [], start: 0, end: 20, generation: 1 };
  const moves: readonly Move[] = [
    { kind: "rewind", target: 5 },
    { kind: "skip", target: 18 },
    { kind: "undo", undone: { kind: "rewind", target: 5, generation: 0, saved } },
    { kind: "undo", undone: { kind: "skip", target: 9, generation: 0, saved } },
  ];

  const counts = moves.map((each) => applyMove(each, before).cursor);

  for (const { expired, damaged } of counts) expect({ expired, damaged }).toEqual({ expired: 3, damaged: 2 });
});

test("messages that have expired are not counted as delivered again, nor as skipped", () => {
  const before = { parked: [], start: 6, end: 20, generation: 1 };

  const rewound = applyMove({ kind: "rewind", target: 2 }, { ...before, cursor: cursorAt(10, IDENTITY) });
  const skipped = applyMove({ kind: "skip", target: 10 }, { ...before, cursor: cursorAt(0, IDENTITY) });

  expect([rewound.messages, skipped.messages]).toEqual([4, 4]);
});

test("what expired before a move is counted as expired, once", () => {
  const cursor = settle(cursorAt(1, IDENTITY), { from: 3, to: 5 });

  const settled = settleExpired(settleExpired(cursor, 6), 6);

  expect(settled).toMatchObject({ low: 6, above: [], expired: 3 });
});

test("replays are what lies between the target and the highest settled offset, and the rest of an earlier rewind's", () => {
  const at = { job: "new", shard: 0 };
  const cursor = settle(cursorAt(5, IDENTITY), { from: 8, to: 10 });
  const old = { shard: 0, job: "old" };

  expect(replayOf({ cursor, target: 3, inherited: undefined }, at)).toEqual({ ...at, from: 3, to: 10 });
  expect(replayOf({ cursor, target: 10, inherited: undefined }, at)).toBeUndefined();
  expect(replayOf({ cursor, target: 3, inherited: { ...old, from: 2, to: 40 } }, at)).toEqual({
    ...at,
    from: 2,
    to: 40,
  });
  expect(replayOf({ cursor, target: 3, inherited: { ...old, from: 0, to: 5 } }, at)).toEqual({
    ...at,
    from: 3,
    to: 10,
  });
  expect(replayOf({ cursor, target: 3, inherited: { ...old, from: 12, to: 40 } }, at)).toEqual({
    ...at,
    from: 3,
    to: 10,
  });
  // One that only touches what is replayed now belongs to it, on either side.
  expect(replayOf({ cursor, target: 3, inherited: { ...old, from: 10, to: 40 } }, at)).toMatchObject({
    from: 3,
    to: 40,
  });
  const early = { cursor: settle(cursorAt(1, IDENTITY), { from: 3, to: 10 }), target: 3 };
  expect(replayOf({ ...early, inherited: { ...old, from: 0, to: 3 } }, at)).toMatchObject({ from: 0, to: 10 });
});
