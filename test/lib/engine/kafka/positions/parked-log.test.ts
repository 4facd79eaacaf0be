import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { lasting } from "../../../../../src/lib/engine/kafka/owners/lasting.ts";
import { parkedFold } from "../../../../../src/lib/engine/kafka/positions/parked-fold.ts";
import { decodeKey } from "../../../../../src/lib/engine/kafka/positions/parked-keys.ts";
import { createParkedLog, type ParkedLog } from "../../../../../src/lib/engine/kafka/positions/parked-log.ts";
import type { NewRecord } from "../../../../../src/lib/engine/kafka/producing.ts";
import { notInTime } from "../../../../../src/lib/engine/kafka/wire/deadlines.ts";
import { KafkaFailure } from "../../../../../src/lib/engine/kafka/wire/failure.ts";
import { entry, SHARD } from "../../../../conformance/fixtures.ts";
import { settle } from "../../../../support/manual-clock.ts";

const RESOURCE = "subscription-1";
const OFFSETS = [0, 1, 2];
const STEPS_MAX = 4_000;

interface Stored {
  readonly offset: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** Whatever may happen, chosen by a seed: the order of all that is asked, answers that come late, owners that die, compaction. */
class World {
  readonly #random: () => number;
  #log: Stored[] = [];
  #end = 0;
  readonly #reading = new Set<number>();
  /** Who has the fence. */
  fence = 0;
  readonly #asked: { readonly owner: number; readonly answer: () => void }[] = [];
  readonly dead = new Set<number>();

  constructor(random: () => number) {
    this.#random = random;
  }

  chance = (share: number) => this.#random() < share;
  pick = <T>(items: readonly T[]): T => items[Math.floor(this.#random() * items.length)] as T;

  /** Done by the cluster some time later, even where who asked is dead by then; the answer may come later still. */
  ask<T>(owner: number, act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#asked.push({
        owner,
        answer: () => {
          const done = attempt(act);
          const tell = () => {
            if (this.dead.has(owner)) return;
            if (done.kind === "ok") resolve(done.value);
            else reject(done.error);
          };
          if (this.chance(0.2)) this.#asked.push({ owner, answer: tell });
          else tell();
        },
      });
    });
  }

  /** One thing more. Whether there was any. */
  step(): boolean {
    if (this.chance(0.3)) this.#compact();
    const index = Math.floor(this.#random() * this.#asked.length);
    const [next] = this.#asked.splice(index, 1);
    next?.answer();
    return next !== undefined;
  }

  append(records: readonly NewRecord[]) {
    return records.map(({ key, value }) => {
      if (!(key instanceof Uint8Array)) throw new Error("Each record has a key of its own.");
      this.#log.push({ offset: this.#end, key, value });
      this.#end += 1;
      return { offset: this.#end - 1, timeMs: 0 };
    });
  }

  /** As one owner does it: what is asked for is done some time later. */
  parkedLog(owner: number): ParkedLog {
    return createParkedLog({
      topic: "parked",
      partitions: 1,
      report: () => {},
      producing: {
        produce: async (_place, records) => {
          // An answer was lost: it is written once more.
          if (this.chance(0.05)) await this.ask(owner, () => this.append(records));
          const produced = await this.ask(owner, () => (this.chance(0.05) ? "too late" : this.append(records)));
          // Its time was over: whether it was written is not known.
          if (produced === "too late" || this.chance(0.05)) throw notInTime();
          return produced;
        },
      },
      reading: { read: (_partition, resource) => this.#read(owner, resource) },
    });
  }

  /** As often as it takes. */
  last = (owner: number) => {
    const after = () => this.ask(owner, () => {});
    const clock = { now: () => 0, monotonic: () => 0, after };
    return lasting({ clock, isWanted: () => true, held: () => {} });
  };

  async #read(owner: number, resource: string) {
    const fold = parkedFold(resource);
    this.#reading.add(owner);
    let next = 0;
    for (let isOver = false; !isOver; ) {
      isOver = await this.ask(owner, () => {
        for (const { offset, key, value } of this.#log.filter((each) => each.offset >= next).slice(0, 2)) {
          const decoded = decodeKey(key);
          if (decoded?.resource === resource) fold.add(decoded, offset, value);
          next = offset + 1;
        }
        return this.#log.every(({ offset }) => offset < next);
      });
    }
    this.#reading.delete(owner);
    return fold;
  }

  /** Any record that a later one of its key replaces; tombstones only where nobody reads, which is quicker than they are kept. */
  #compact(): void {
    const keyOf = ({ key }: Stored) => new TextDecoder().decode(key);
    const later = (at: number, stored: Stored) => this.#log.slice(at + 1).some((each) => keyOf(each) === keyOf(stored));
    const first = (at: number, stored: Stored) => !this.#log.slice(0, at).some((each) => keyOf(each) === keyOf(stored));
    const isRead = Array.from(this.#reading).some((owner) => !this.dead.has(owner));
    const legal = this.#log.filter(
      (stored, at) => later(at, stored) || (stored.value === null && !isRead && first(at, stored)),
    );
    const gone = new Set(legal.filter(() => this.chance(0.5)));
    this.#log = this.#log.filter((stored) => !gone.has(stored));
  }
}

function attempt<T>(act: () => T) {
  try {
    return { kind: "ok", value: act() } as const;
  } catch (error) {
    return { kind: "failed", error } as const;
  }
}

/** What the next owner may find of each message: the attempts parked, `undefined`: none. */
class Truth {
  epoch = 0;
  readonly #may = new Map<number, Set<number | undefined>>(OFFSETS.map((offset) => [offset, new Set([undefined])]));

  may(offset: number): Set<number | undefined> {
    return this.#may.get(offset) ?? new Set();
  }

  is(offset: number, attempts: number | undefined): void {
    this.#may.set(offset, new Set([attempts]));
  }
}

/** Takes over, checks what it finds, parks and unparks until it is fenced or dies. */
async function own(world: World, truth: Truth, owner: number): Promise<string> {
  const log = world.parkedLog(owner);
  const confirm = (then: () => void = () => {}) =>
    world.ask(owner, () => {
      if (world.fence !== owner) throw new Error("fenced");
      then();
    });
  await world.ask(owner, () => {
    world.fence = owner;
  });
  try {
    const last = world.last(owner);
    const { epoch, entries, tidy } = await log.take(RESOURCE, { confirm: () => confirm(), last });
    await confirm(() => {
      expect(epoch).toBeGreaterThan(truth.epoch);
      const found = new Map(entries.map(({ source, attempts }) => [source.offset, attempts]));
      for (const offset of OFFSETS) {
        expect(Array.from(truth.may(offset)), `message ${offset}`).toContain(found.get(offset));
        truth.is(offset, found.get(offset));
      }
      truth.epoch = epoch;
    });
    if (world.chance(0.7)) void tidy().catch(() => {});
    for (let round = 1; round <= 6; round += 1) {
      const offset = world.pick(OFFSETS);
      const attempts = world.chance(0.7) ? owner * 100 + round : undefined;
      if (truth.epoch === epoch) truth.may(offset).add(attempts);
      const source = { shard: SHARD, offset };
      if (attempts === undefined) await last(() => log.remove(RESOURCE, epoch, [source]));
      else await last(() => log.put(RESOURCE, epoch, [entry(offset, { attempts })]));
      await confirm(() => {
        expect(truth.epoch, "nobody is confirmed who was taken over from").toBe(epoch);
        truth.is(offset, attempts);
      });
    }
    return "done";
  } catch (error) {
    if (error instanceof Error && error.message === "fenced") return "fenced";
    // It could not even begin.
    if (error instanceof KafkaFailure) return "failed";
    throw error;
  }
}

test.prop([fc.integer()], { numRuns: 400 })(
  "the next owner finds what was parked, whatever zombies write late, whoever dies, whatever is compacted",
  async (seed) => {
    const world = new World(generator(seed));
    const truth = new Truth();
    const failures: unknown[] = [];
    let [owners, steps] = [0, 0];
    const begin = () => {
      owners += 1;
      own(world, truth, owners).catch((error: unknown) => failures.push(error));
    };
    begin();
    await settle();
    while (world.step() && steps < STEPS_MAX && failures.length === 0) {
      steps += 1;
      await tick();
      if (owners < 7 && world.chance(0.04)) begin();
      if (world.chance(0.01)) world.dead.add(world.pick([owners, Math.max(1, owners - 1)]));
      await tick();
    }
    // Everything that was under way has ended: one more owner finds what there is.
    if (failures.length === 0) {
      begin();
      await tick();
      while (world.step() && failures.length === 0) await tick();
    }

    if (failures.length > 0) throw failures[0];
  },
);

/** What was answered goes on until it asks for something else. */
async function tick(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
