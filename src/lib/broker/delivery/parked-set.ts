import type { Clock } from "../../domain/clock.ts";
import { type Due, dueHeap } from "../../domain/due-heap.ts";
import type { ParkedEntry, Source } from "../../engine/port.ts";
import { SourceMap } from "./source-map.ts";

/** A parked entry in memory. One object a message for as long as it is parked; due in monotonic time. */
export interface ParkedMessage extends Due {
  entry: ParkedEntry;
  /** `waiting` for its time, being `tried`, or `dying`: on its way to the dead letter topic. */
  state: "waiting" | "tried" | "dying";
}

/** How far back parked messages keep what was published; `Infinity` where there is none. */
export interface Reach {
  /** The oldest publish time of what lies in the topic's log. */
  readonly heldMs: number;
  /** The same of what is redriven: it lies among the dead letters. */
  readonly redrivenMs: number;
  /** The first of those in each shard of the dead letter topic. */
  readonly lettersFrom: ReadonlyMap<number, number>;
}

/** The parked messages of one subscription, as they are durable. Due times count in monotonic time: a clock that jumps moves none. */
export interface ParkedSet {
  readonly size: number;
  has(source: Source): boolean;
  /** When the first one that waits is due, in monotonic time. */
  firstDueMs(): number | undefined;
  /** Adds what was made durable, or puts a message that was tried back with its new entry. */
  add(entry: ParkedEntry): ParkedMessage;
  /** It was taken and not tried after all: due again at this monotonic time. */
  giveBack(message: ParkedMessage, dueMs: number): void;
  /** It was acknowledged or is in the dead letter topic. */
  remove(message: ParkedMessage): void;
  /** The first one that is due, now being tried. */
  takeDue(): ParkedMessage | undefined;
  /** Of those that wait, the one tried longest ago (never is longest), due or not; now being tried. */
  takeTriedLongestAgo(): ParkedMessage | undefined;
  /** At most `countMax` of those that wait and were published at or before `publishTimeMs`; each is now dying. What is redriven never is too old. */
  takeOld(publishTimeMs: number, countMax: number): readonly ParkedMessage[];
  /** Whoever waits without a strike is due now. */
  hurry(): void;
  all(): Iterable<ParkedMessage>;
  /** Goes through all of them where something has changed since it was asked last, and only then. */
  reach(): Reach;
}

export function parkedSet(clock: Clock): ParkedSet {
  const messages = new SourceMap<ParkedMessage>();
  const heap = dueHeap<ParkedMessage>();
  /** Those that wait without a strike, so that hurrying costs no more than what it moves. */
  const unstruck = new Set<ParkedMessage>();
  let reach: Reach | undefined;

  function wait(message: ParkedMessage, dueMs: number): void {
    message.state = "waiting";
    message.dueMs = dueMs;
    heap.set(message, dueMs);
    if (message.entry.strikes === 0) unstruck.add(message);
  }

  function take(message: ParkedMessage | undefined, state: "tried" | "dying"): ParkedMessage | undefined {
    if (message === undefined) return undefined;
    message.state = state;
    heap.delete(message);
    unstruck.delete(message);
    return message;
  }

  return {
    get size() {
      return messages.size;
    },
    has: (source) => messages.get(source) !== undefined,
    firstDueMs: () => heap.firstDueMs(),
    add(entry) {
      reach = undefined;
      const message = messages.get(entry.source) ?? { entry, state: "waiting", dueMs: 0, turn: 0, heapPlace: -1 };
      message.entry = entry;
      messages.set(entry.source, message);
      if (entry.dying !== undefined) take(message, "dying");
      else wait(message, clock.monotonic() + Math.max(0, entry.dueMs - clock.now()));
      return message;
    },
    giveBack: wait,
    remove(message) {
      take(message, "tried");
      reach = undefined;
      messages.delete(message.entry.source);
    },
    takeDue: () => (heap.size === 0 ? undefined : take(heap.takeDue(clock.monotonic()), "tried")),
    takeTriedLongestAgo() {
      let oldest: ParkedMessage | undefined;
      for (const message of messages.values()) {
        if (message.state !== "waiting") continue;
        if (oldest === undefined || triedMs(message) < triedMs(oldest)) oldest = message;
      }
      return take(oldest, "tried");
    },
    takeOld(publishTimeMs, countMax) {
      const old: ParkedMessage[] = [];
      for (const message of messages.values()) {
        if (old.length >= countMax) break;
        if (message.state !== "waiting" || message.entry.publishTimeMs > publishTimeMs) continue;
        if (message.entry.redrive !== undefined) continue;
        take(message, "dying");
        old.push(message);
      }
      return old;
    },
    hurry() {
      for (const message of unstruck) {
        message.dueMs = Math.min(message.dueMs, clock.monotonic());
        heap.set(message, message.dueMs);
      }
      unstruck.clear();
    },
    all: () => messages.values(),
    reach() {
      reach ??= reachOf(messages.values());
      return reach;
    },
  };
}

function reachOf(messages: Iterable<ParkedMessage>): Reach {
  let [heldMs, redrivenMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const lettersFrom = new Map<number, number>();
  for (const { entry } of messages) {
    const { source, publishTimeMs } = entry;
    if (entry.redrive === undefined) heldMs = Math.min(heldMs, publishTimeMs);
    else {
      redrivenMs = Math.min(redrivenMs, publishTimeMs);
      const first = lettersFrom.get(source.shard.index) ?? source.offset;
      lettersFrom.set(source.shard.index, Math.min(source.offset, first));
    }
  }
  return { heldMs, redrivenMs, lettersFrom };
}

function triedMs({ entry }: ParkedMessage): number {
  return entry.attempts === 0 ? Number.NEGATIVE_INFINITY : entry.lastFailureMs;
}
