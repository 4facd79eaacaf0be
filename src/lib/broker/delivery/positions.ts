import { type Cursor, isSettled, type OffsetRange, settle, settleLost } from "../../domain/cursor.ts";
import { CURSOR_LENGTH_STOP, encodedLength } from "../../domain/cursor-codec.ts";
import type { Shard, ShardCursor, Source } from "../../engine/port.ts";
import { type Hold, triedAgain } from "./hold.ts";
import type { Opened } from "./opening.ts";

export type Lost = "expired" | "damaged";

/** A cursor with fewer ranges than this is far within its budget. */
const RANGES_UNMEASURED_MAX = 128;

interface Slot {
  readonly shard: Shard;
  cursor: Cursor;
  dirty: boolean;
}

/** What waits for the next commit. */
interface Batch {
  settlements: number;
  /** Something was settled among the dead letters, or somebody waits to be told. */
  wanted: boolean;
  unpark: Source[];
  readonly lost: Record<Lost, number>;
  /** Told once the commit is durable: what is counted is counted once. */
  told: (() => void)[];
}

const emptyBatch = (): Batch => ({
  settlements: 0,
  wanted: false,
  unpark: [],
  lost: { expired: 0, damaged: 0 },
  told: [],
});

/**
 * Where a subscription stands in each shard of its topic, and among its dead letters: settled there is what was redriven or purged. Both
 * are committed together. What is numbered by an index is a shard of the topic.
 */
export class Positions {
  readonly #hold: Hold;
  readonly #slots: Slot[];
  readonly #letters: Slot[];
  readonly #committed: () => void;
  readonly #commits: ReturnType<typeof triedAgain>;
  #pending = emptyBatch();
  #committing: Promise<void> | undefined;
  #uncommitted = 0;
  #notBeforeMs = 0;

  /** `committed` is told after each commit. */
  constructor(hold: Hold, { cursors, letters }: Pick<Opened, "cursors" | "letters">, committed: () => void) {
    this.#hold = hold;
    // Dirty from the beginning: what an opening settled (parked messages) must be durable before its entries go.
    this.#slots = cursors.map(({ shard, cursor }) => ({ shard, cursor, dirty: true }));
    this.#letters = letters.map(({ shard, cursor }) => ({ shard, cursor, dirty: true }));
    this.#committed = committed;
    this.#commits = triedAgain(hold, {
      failing: "Cursors cannot be committed; they are committed again later.",
      working: "Cursors are committed again.",
    });
  }

  cursors(): readonly ShardCursor[] {
    return this.#slots.map(({ shard, cursor }) => ({ shard, cursor }));
  }

  /** One for each shard of the dead letter topic; none where that is not there. */
  letters(): readonly ShardCursor[] {
    return this.#letters.map(({ shard, cursor }) => ({ shard, cursor }));
  }

  /** Whether so much would come again after a crash (what waits for a commit and what is in flight) that nothing may begin. */
  isFull(inFlight: number): boolean {
    return this.#uncommitted + inFlight >= this.#hold.limits.uncommittedMax;
  }

  /** Whether a cursor has so many holes that each further message in flight could bring it over its budget. */
  isScattered(): boolean {
    return this.#slots.some(
      ({ cursor }) => cursor.above.length > RANGES_UNMEASURED_MAX && encodedLength(cursor) >= CURSOR_LENGTH_STOP,
    );
  }

  isSettled(index: number, offset: number): boolean {
    const slot = this.#slots[index];
    return slot !== undefined && isSettled(slot.cursor, offset);
  }

  settle(index: number, offset: number): void {
    this.pass(index, { from: offset, to: offset + 1 });
  }

  /** Settles offsets that have nothing to deliver, as one settlement. */
  pass(index: number, range: OffsetRange): void {
    const slot = this.#slots[index];
    if (slot === undefined) return;
    slot.cursor = settle(slot.cursor, range);
    slot.dirty = true;
    this.#count();
  }

  /** Settles dead letters: what they hold was durably parked, or is not wanted any more. */
  settleLetters({ topicId, index }: Shard, range: OffsetRange): void {
    const slot = this.#letters.find(({ shard }) => shard.topicId === topicId && shard.index === index);
    if (slot === undefined) return;
    slot.cursor = settle(slot.cursor, range);
    slot.dirty = true;
    this.#pending.wanted = true;
  }

  isLetterSettled({ shard: { topicId, index }, offset }: Source): boolean {
    const slot = this.#letters.find(({ shard }) => shard.topicId === topicId && shard.index === index);
    return slot !== undefined && isSettled(slot.cursor, offset);
  }

  /** Whether settling more dead letters could make a cursor grow too long. */
  isLettersFull(): boolean {
    return this.#letters.some(({ cursor }) => cursor.above.length >= this.#hold.limits.letterRangesMax);
  }

  /** `told` hears once all that was settled so far is durable; never, when the hold ends before. */
  whenDurable(told: () => void): void {
    this.#pending.told.push(told);
    this.#pending.wanted = true;
    this.commit();
  }

  /** Settles what nobody received and counts it, once. */
  lose(index: number, range: OffsetRange, why: Lost): void {
    const slot = this.#slots[index];
    if (slot === undefined) return;
    const before = slot.cursor[why];
    slot.cursor = settleLost(slot.cursor, range, why);
    slot.dirty = true;
    this.#pending.lost[why] += slot.cursor[why] - before;
    this.#count();
  }

  /** Removes a parked entry with the next commit, counted as `lost` where that is why; `told` hears when it is durable. */
  unpark(source: Source, { lost, told }: { readonly lost?: Lost; readonly told?: () => void } = {}): void {
    this.#pending.unpark.push(source);
    if (told !== undefined) this.#pending.told.push(told);
    if (lost !== undefined) this.#countLost(source, lost);
    this.#count();
  }

  /** Commits what is dirty, unless a commit runs already or one failed just now. Never rejects. */
  commit(): void {
    if (this.#committing !== undefined || !this.#isDirty()) return;
    if (this.#hold.signal.aborted || this.#hold.clock.monotonic() < this.#notBeforeMs) return;
    this.#committing = this.#hold.activity.during(this.#commitOnce()).finally(() => {
      this.#committing = undefined;
      if (this.#pending.settlements >= this.#hold.limits.commitCount || this.#pending.told.length > 0) this.commit();
    });
  }

  /** Commits all there is, once more if a commit was running. For the end of a hold, after which nothing settles any more. */
  async flush(): Promise<void> {
    await this.#committing;
    if (this.#isDirty()) await this.#commitOnce();
  }

  #isDirty(): boolean {
    return this.#pending.settlements > 0 || this.#pending.wanted;
  }

  #count(): void {
    this.#uncommitted += 1;
    this.#pending.settlements += 1;
    if (this.#pending.settlements >= this.#hold.limits.commitCount) this.commit();
  }

  #countLost({ shard }: Source, why: Lost): void {
    const slot = this.#slots.find((each) => each.shard.index === shard.index) ?? this.#slots[0];
    if (slot === undefined) return;
    slot.cursor = { ...slot.cursor, [why]: slot.cursor[why] + 1 };
    slot.dirty = true;
    this.#pending.lost[why] += 1;
  }

  async #commitOnce(): Promise<void> {
    const { engine, ownership, clock, limits } = this.#hold;
    const dirty = [...this.#slots, ...this.#letters].filter((slot) => slot.dirty);
    const batch = this.#pending;
    this.#pending = emptyBatch();
    for (const slot of dirty) slot.dirty = false;
    try {
      const cursors = dirty.map(({ shard, cursor }) => ({ shard, cursor }));
      await engine.cursors.commit(ownership, cursors, batch.unpark);
      this.#commits.worked();
      this.#tell(batch);
    } catch (error) {
      this.#restore(batch, dirty);
      this.#notBeforeMs = clock.monotonic() + limits.retryMs;
      this.#commits.failed(error);
    }
  }

  #tell({ settlements, lost, told }: Batch): void {
    const { observer, subscription } = this.#hold;
    this.#uncommitted -= settlements;
    for (const tell of told) tell();
    if (lost.expired > 0) observer.expired(subscription.name, subscription.topic, lost.expired);
    if (lost.damaged > 0) observer.damaged(subscription.name, subscription.topic, lost.damaged);
    this.#committed();
  }

  #restore(batch: Batch, dirty: readonly Slot[]): void {
    for (const slot of dirty) slot.dirty = true;
    const { settlements, unpark, lost, told } = this.#pending;
    this.#pending = {
      settlements: batch.settlements + settlements,
      wanted: true,
      unpark: [...batch.unpark, ...unpark],
      lost: { expired: batch.lost.expired + lost.expired, damaged: batch.lost.damaged + lost.damaged },
      told: [...batch.told, ...told],
    };
  }
}
