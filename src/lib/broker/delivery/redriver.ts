import { cursorAt, isSettled } from "../../domain/cursor.ts";
import { decodeCursor, encodeCursor } from "../../domain/cursor-codec.ts";
import { REDRIVES_MAX } from "../../domain/dead-letter.ts";
import { matches } from "../../domain/dead-letter-filter.ts";
import { isJob } from "../../domain/documents.ts";
import { KBrokerError, messageOf } from "../../domain/error.ts";
import type { RedriveJob } from "../../domain/job.ts";
import type { ParkedEntry } from "../../engine/port.ts";
import type { DeadLetterDesk } from "./dead-letter-desk.ts";
import { type Hold, type TriedAgain, triedAgain } from "./hold.ts";
import { allLetters, type Letter, unsettledLetters } from "./letters.ts";
import type { ParkedSet } from "./parked-set.ts";
import type { Positions } from "./positions.ts";
import { readLetter } from "./source.ts";

export interface RedriverOptions {
  readonly hold: Hold;
  readonly positions: Positions;
  readonly parked: ParkedSet;
  readonly desk: DeadLetterDesk;
  /** Told when there is something to send. */
  readonly stir: () => void;
}

/**
 * Carries out the redrive of its subscription, if one runs. Each letter is parked durably and then settled among the dead letters, so what a
 * crash leaves is gone on with: what the job has done is what was not settled when it was ordered and is now.
 */
export class Redriver {
  readonly #options: RedriverOptions;
  readonly #hold: Hold;
  #running: boolean = false;
  readonly #passes: TriedAgain;
  #problem: string | undefined;
  /** Ends the waits of the job that runs. */
  #ended = new AbortController();
  #nextAtMs = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RedriverOptions) {
    this.#options = options;
    this.#hold = options.hold;
    this.#passes = triedAgain(options.hold, {
      failing: "A redrive cannot go on; it is gone on with later.",
      working: "The redrive goes on.",
    });
    const { redrives, subscription, signal } = this.#hold;
    const unfollow = redrives.follow(subscription.id, () => this.#look());
    signal.addEventListener("abort", () => {
      unfollow();
      this.#ended.abort();
    });
    this.#look();
  }

  get isRunning(): boolean {
    return this.#running;
  }

  /** Why a redrive does not get on, in words. */
  problem(): string | undefined {
    return this.#problem === undefined ? undefined : `the redrive waits: ${this.#problem}`;
  }

  #current(): RedriveJob | undefined {
    return this.#hold.redrives.of(this.#hold.subscription.id);
  }

  #look(): void {
    this.#ended.abort();
    if (!this.#running && this.#current() !== undefined && !this.#hold.signal.aborted) void this.#run();
  }

  /** Until no redrive runs any more. What fails is gone on with later. */
  async #run(): Promise<void> {
    const { activity, clock, limits, signal } = this.#hold;
    this.#running = true;
    activity.begin();
    for (let job = this.#current(); job !== undefined && !signal.aborted; job = this.#current()) {
      this.#ended = new AbortController();
      try {
        await this.#pass(job);
        this.#problem = undefined;
        this.#passes.worked();
      } catch (error) {
        if (signal.aborted) break;
        this.#problem = messageOf(error);
        this.#passes.failed(error);
        await activity.outside(clock.after(limits.retryMs, signal));
      }
    }
    this.#running = false;
    activity.end();
  }

  async #pass(job: RedriveJob): Promise<void> {
    const { positions } = this.#options;
    let redriven = await this.#doneBefore(job);
    let batch: ParkedEntry[] = [];
    const flush = async () => {
      redriven += await this.#park(job, batch);
      batch = [];
      await this.#tell(job, redriven);
    };
    let problem: string | null = null;
    const left = () => (job.countMax ?? Number.POSITIVE_INFINITY) - redriven - batch.length;
    if (left() > 0) {
      for await (const letter of this.#wanted(job)) {
        if (!this.#isOn(job)) break;
        if (positions.isLettersFull()) {
          problem = TOO_SCATTERED;
          break;
        }
        batch.push(this.#entry(letter));
        if (batch.length >= this.#batchMax(job) || left() <= 0) await flush();
        if (left() <= 0 || !this.#isOn(job)) break;
      }
    }
    if (this.#isOn(job) && batch.length > 0) await flush();
    if (!this.#hold.signal.aborted) await this.#end(job, { redriven, problem });
  }

  /** What the job means and has not been redriven yet. What was redriven too often is set aside where it is not asked for. */
  async *#wanted({ filter, ends, includeSetAside }: RedriveJob): AsyncGenerator<Letter> {
    const { desk } = this.#options;
    if (includeSetAside) yield* this.#aside({ filter, ends });
    for await (const letter of unsettledLetters({ ...this.#options, ends })) {
      if (!matches(filter, letter)) continue;
      if (includeSetAside || letter.info.redriveCount < REDRIVES_MAX) yield letter;
      else await desk.take([asideEntry(this.#entry(letter), letter)]);
    }
  }

  async *#aside({ filter, ends }: Pick<RedriveJob, "filter" | "ends">): AsyncGenerator<Letter> {
    const entries = [...this.#options.desk.aside()].sort((a, b) => a.source.offset - b.source.offset);
    for (const { source } of entries) {
      const end = ends.find(({ shard }) => shard === source.shard.index)?.offset ?? 0;
      if (source.offset >= end) continue;
      const letter = await readLetter(this.#hold.engine.log, source);
      if (letter !== undefined && matches(filter, letter)) yield { source, ...letter };
    }
  }

  /** How many this job has redriven already: exact, since nobody else settles dead letters while it runs. */
  async #doneBefore(job: RedriveJob): Promise<number> {
    const { positions, desk } = this.#options;
    let count = 0;
    for (const { shard, cursor: now } of positions.letters()) {
      const text = job.saved.find((each) => each.shard === shard.index)?.cursor ?? "";
      const then = decodeCursor(text) ?? cursorAt(0, { topicId: shard.topicId, subscriptionId: "" });
      const to = job.ends.find((each) => each.shard === shard.index)?.offset ?? 0;
      if (encodeCursor(now) === text) continue;
      for await (const { source, ...letter } of allLetters(this.#hold, { shard, from: then.low, to })) {
        if (isSettled(then, source.offset) || !positions.isLetterSettled(source) || desk.isAside(source)) continue;
        if (matches(job.filter, letter)) count += 1;
      }
    }
    return count + (await this.#asideDoneBefore(job));
  }

  async #asideDoneBefore(job: RedriveJob): Promise<number> {
    if (!job.includeSetAside) return 0;
    let left = 0;
    for await (const { source } of this.#aside(job)) {
      const then = decodeCursor(job.saved.find(({ shard }) => shard === source.shard.index)?.cursor ?? "");
      if (then !== undefined && isSettled(then, source.offset)) left += 1;
    }
    return Math.max(0, (job.asideMatched ?? 0) - left);
  }

  /** Waits for its turn and for room, parks what there is room for, and so on until all of it is parked or the job has ended. */
  async #park(job: RedriveJob, batch: readonly ParkedEntry[]): Promise<number> {
    const { parked, desk, stir } = this.#options;
    const { clock, limits, activity } = this.#hold;
    const roomMax = Math.max(1, Math.floor(limits.parkedMax / 2));
    let count = 0;
    for (let at = 0; at < batch.length && this.#isOn(job); ) {
      const room = roomMax - parked.size;
      const waitMs = room <= 0 ? limits.redriveLookMs : this.#nextAtMs - clock.monotonic();
      if (waitMs > 0) {
        await activity.outside(clock.after(waitMs, this.#ended.signal));
        continue;
      }
      const taken = await desk.take(batch.slice(at, at + room));
      at += room;
      count += taken.length;
      this.#hold.observer.redriven(job.subscription, this.#hold.subscription.topic, taken.length);
      if (job.ratePerS !== null) this.#nextAtMs = clock.monotonic() + (taken.length / job.ratePerS) * 1_000;
      stir();
    }
    return count;
  }

  #batchMax({ ratePerS }: RedriveJob): number {
    const { redriveBatchMax } = this.#hold.limits;
    return ratePerS === null ? redriveBatchMax : Math.max(1, Math.min(redriveBatchMax, Math.floor(ratePerS / 4)));
  }

  #isOn({ id }: RedriveJob): boolean {
    return !this.#hold.signal.aborted && this.#current()?.id === id;
  }

  /** At most once a second. */
  async #tell(job: RedriveJob, redriven: number): Promise<void> {
    const { clock, limits } = this.#hold;
    if (clock.monotonic() - this.#toldAtMs < limits.redriveTellMs) return;
    this.#toldAtMs = clock.monotonic();
    await this.#write(job, (now) => (now.state === "running" ? { ...now, redriven } : now));
  }

  /** A job that was cancelled says how far it came, too. */
  #end(
    job: RedriveJob,
    { redriven, problem }: { readonly redriven: number; readonly problem: string | null },
  ): Promise<void> {
    const endedAtMs = this.#hold.clock.now();
    const state = problem === null ? ("done" as const) : ("failed" as const);
    return this.#write(job, (now) => {
      if (now.state !== "running") return { ...now, redriven };
      return { ...now, redriven, state, endedAtMs, error: problem };
    });
  }

  async #write({ id }: RedriveJob, change: (now: RedriveJob) => RedriveJob): Promise<void> {
    const { catalog } = this.#hold.engine;
    for (;;) {
      const document = await catalog.get("job", id);
      const now = document?.value;
      if (document === undefined || !isJob(now) || now.kind !== "redrive" || this.#hold.signal.aborted) return;
      const changed = change(now);
      if (changed === now) return;
      try {
        await catalog.put("job", id, changed, document.version);
        return;
      } catch (error) {
        if (!(error instanceof KBrokerError && error.code === "version_conflict")) throw error;
      }
    }
  }

  #entry({ source, info }: Letter): ParkedEntry {
    const { clock, subscription } = this.#hold;
    return {
      source,
      generation: subscription.generation,
      publishTimeMs: info.publishTimeMs,
      attempts: 0,
      strikes: 0,
      dueMs: clock.now(),
      firstFailureMs: info.firstFailureMs,
      lastFailureMs: info.failedMs,
      lastStatus: info.status,
      reason: info.reason,
      redrive: { count: info.redriveCount + 1 },
    };
  }
}

const TOO_SCATTERED =
  "What was redriven or purged so far lies in too many pieces among what was not; redrive or purge the oldest dead letters whatever they are, then go on.";

function asideEntry(entry: ParkedEntry, { info }: Letter): ParkedEntry {
  return { ...entry, redrive: { count: info.redriveCount, setAside: true } };
}
