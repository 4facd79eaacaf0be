import { type DeadLetterInfo, deadLetterOf, REDRIVES_MAX, readDeadLetter } from "../../domain/dead-letter.ts";
import { isTopic } from "../../domain/documents.ts";
import { KBrokerError, messageOf } from "../../domain/error.ts";
import type { Message, StoredMessage } from "../../domain/message.ts";
import type { Bounds, ParkedEntry, Shard, Source } from "../../engine/port.ts";
import type { DeadLetterDesk } from "./dead-letter-desk.ts";
import { type Hold, type TriedAgain, triedAgain } from "./hold.ts";
import type { ParkedMessage, ParkedSet } from "./parked-set.ts";
import type { Positions } from "./positions.ts";
import { discard, type Found, readParked } from "./source.ts";

export interface BurialOptions {
  readonly hold: Hold;
  readonly positions: Positions;
  readonly parked: ParkedSet;
  readonly desk: DeadLetterDesk;
}

interface Dying {
  readonly message: ParkedMessage;
  /** It may be in the dead letter topic already: an earlier hold left it dying, or nobody knows what became of an append that failed. */
  doubtful: boolean;
}

/** The way of messages that were given up into the dead letter topic: written first, settled after, held while it cannot be written. */
export class Burial {
  readonly #options: BurialOptions;
  readonly #hold: Hold;
  readonly #queue: Dying[] = [];
  #running: boolean = false;
  readonly #reads: TriedAgain;
  readonly #writes: TriedAgain;
  #problem: string | undefined;

  constructor(options: BurialOptions) {
    this.#options = options;
    this.#hold = options.hold;
    this.#reads = triedAgain(options.hold, {
      failing: "The dead letter topic cannot be read; its messages are held.",
      working: "The dead letter topic is read again.",
    });
    this.#writes = triedAgain(options.hold, {
      failing: "Dead letters cannot be written; they are held and written again later.",
      working: "Dead letters are written again.",
    });
  }

  /** How many are on their way. */
  get size(): number {
    return this.#queue.length;
  }

  /** Why the dead letter topic cannot be written right now, in words. */
  problem(): string | undefined {
    if (this.#problem === undefined) return undefined;
    return `the dead letter topic ${this.#hold.subscription.deadLetterTopic} cannot be written (${this.#problem}); ${this.#queue.length} held`;
  }

  /** Where each shard of the dead letter topic ends now; none where that is not known, and then it is searched from its start. */
  async ends(): Promise<readonly Source[]> {
    try {
      const shards = await this.#shards();
      const ends = await Promise.all(shards.map(async (shard) => ({ shard, offset: (await this.#bounds(shard)).end })));
      this.#reads.worked();
      return ends;
    } catch (error) {
      this.#reads.failed(error);
      return [];
    }
  }

  add(message: ParkedMessage, { doubtful = false }: { readonly doubtful?: boolean } = {}): void {
    this.#queue.push({ message, doubtful });
    if (!this.#running) void this.#run();
  }

  /** Nothing may happen between the last look at the queue and the end: what came then would wait for the next that comes. */
  async #run(): Promise<void> {
    const { activity, clock, limits, signal } = this.#hold;
    this.#running = true;
    activity.begin();
    let waitMs = limits.retryMs;
    while (this.#queue.length > 0 && !signal.aborted) {
      const batch = this.#queue.slice(0, limits.burialBatchMax);
      try {
        await this.#bury(batch);
        this.#queue.splice(0, batch.length);
        this.#problem = undefined;
        this.#writes.worked();
        waitMs = limits.retryMs;
      } catch (error) {
        if (signal.aborted) break;
        for (const dying of batch) dying.doubtful = true;
        this.#problem = messageOf(error);
        this.#writes.failed(error);
        await activity.outside(clock.after(waitMs, signal));
        waitMs = Math.min(waitMs * 2, limits.burialRetryMsMax);
      }
    }
    this.#running = false;
    activity.end();
  }

  /** All or none of the batch: what fails here is tried again as a whole. */
  async #bury(batch: readonly Dying[]): Promise<void> {
    const { engine, signal } = this.#hold;
    const there = await this.#alreadyThere(batch.filter(({ doubtful }) => doubtful));
    const missing = batch.filter(({ message }) => !there.has(message));
    const read = await Promise.all(
      missing.map(async ({ message }) => ({ message, found: await readParked(engine.log, message.entry) })),
    );
    const written = read.flatMap(({ message, found }) =>
      found.kind === "found" ? [{ message, letter: this.#letter(message, found) }] : [],
    );
    if (signal.aborted) return;
    const places = await this.#append(written.map(({ letter }) => letter));
    if (signal.aborted) return;
    const letters = [...there, ...written.map(({ message }, index) => [message, places[index]] as const)];
    await this.#setAside(letters);
    if (signal.aborted) return;
    for (const [message] of there) this.#buried(message);
    for (const { message, found } of read) this.#settle(message, found);
    this.#options.positions.commit();
  }

  /** Where each of them lies now. */
  async #append(letters: readonly Message[]): Promise<readonly (Source | undefined)[]> {
    if (letters.length === 0) return [];
    const appended = await this.#hold.engine.log.append(await this.#topicId(), letters, { reserved: true });
    return appended.map((each) => (each.kind === "conflict" ? undefined : { shard: each.shard, offset: each.offset }));
  }

  /** Those that were redriven too often wait for nobody. It is durable before the letters count as written. */
  async #setAside(letters: readonly (readonly [ParkedMessage, Source | undefined])[]): Promise<void> {
    const entries = letters.flatMap(([{ entry }, source]): ParkedEntry[] => {
      const { dying: _, redrive, ...rest } = entry;
      if (source === undefined || redrive === undefined || redrive.count < REDRIVES_MAX) return [];
      return [{ ...rest, source, redrive: { count: redrive.count, setAside: true } }];
    });
    if (entries.length > 0) await this.#options.desk.take(entries);
  }

  #settle(message: ParkedMessage, found: Found): void {
    if (found.kind === "found") this.#buried(message);
    else discard(message, found.why, this.#options);
  }

  #buried(message: ParkedMessage): void {
    const { observer, subscription } = this.#hold;
    const { source, dying } = message.entry;
    this.#options.parked.remove(message);
    this.#options.positions.unpark(source, {
      ...(dying?.errorClass === "expired" ? { lost: "expired" } : {}),
      told: () => observer.deadLettered(subscription.name, subscription.topic),
    });
  }

  /** Of the doubtful, those whose append happened, and where they lie: looked for from where the topic ended before it. */
  async #alreadyThere(doubtful: readonly Dying[]): Promise<ReadonlyMap<ParkedMessage, Source>> {
    const there = new Map<ParkedMessage, Source>();
    if (doubtful.length === 0) return there;
    for (const shard of await this.#shards()) {
      const wanted = new Map<string, { readonly message: ParkedMessage; readonly from: number | undefined }>();
      for (const { message } of doubtful) {
        const { source, dying, redrive } = message.entry;
        const from = dying?.ends.find((end) => end.shard.index === shard.index)?.offset;
        wanted.set(deathOf({ shard: source.shard.index, offset: source.offset }, redrive !== undefined), {
          message,
          from,
        });
      }
      const start = Math.min(...Array.from(wanted.values(), ({ from }) => from ?? 0));
      for await (const letter of this.#letters(shard, start)) {
        const info = readDeadLetter(letter)?.info;
        if (info?.subscription !== this.#hold.subscription.name) continue;
        const match = wanted.get(deathOf(info.redrivenFrom ?? info.source, info.redrivenFrom !== null));
        if (match === undefined || letter.offset < (match.from ?? 0)) continue;
        const place = { shard, offset: letter.offset };
        if (match.from !== undefined || !this.#isDealtWith(place)) there.set(match.message, place);
      }
    }
    return there;
  }

  /** Redriven or purged: where it is not known from where to search, it must tell of an earlier death. */
  #isDealtWith(place: Source): boolean {
    return this.#options.positions.isLetterSettled(place) && !this.#options.desk.isAside(place);
  }

  async *#letters(shard: Shard, start: number): AsyncGenerator<StoredMessage> {
    const { engine, limits, signal } = this.#hold;
    const { end } = await this.#bounds(shard);
    for (let from = start; from < end && !signal.aborted; ) {
      const chunk = await engine.log.read(shard, from, {
        countMax: limits.readCountMax,
        bytesMax: limits.readBytesMax,
      });
      yield* chunk.records;
      if (chunk.next <= from) return;
      from = chunk.next;
    }
  }

  async #topicId(): Promise<string> {
    const { engine, subscription } = this.#hold;
    const document = await engine.catalog.get("topic", subscription.deadLetterTopic);
    if (isTopic(document?.value)) return document.value.id;
    throw new KBrokerError("topic_not_found", `There is no topic "${subscription.deadLetterTopic}".`);
  }

  async #shards(): Promise<readonly Shard[]> {
    return await this.#hold.engine.log.shards(await this.#topicId());
  }

  async #bounds(shard: Shard): Promise<Bounds> {
    return await this.#hold.engine.log.bounds(shard);
  }

  #letter({ entry }: ParkedMessage, { message, letter }: Extract<Found, { kind: "found" }>): Message {
    const { subscription } = this.#hold;
    const place = { shard: entry.source.shard.index, offset: entry.source.offset };
    const { sourceTopic, source } = letter ?? { sourceTopic: subscription.topic, source: place };
    return deadLetterOf(message, {
      reason: entry.reason,
      errorClass: entry.dying?.errorClass ?? "",
      status: entry.lastStatus,
      attempts: entry.attempts,
      subscription: subscription.name,
      sourceTopic,
      source,
      publishTimeMs: message.timeMs,
      firstFailureMs: entry.firstFailureMs,
      failedMs: entry.lastFailureMs,
      redriveCount: entry.redrive?.count ?? 0,
      redrivenFrom: entry.redrive === undefined ? null : place,
    });
  }
}

/**
 * Names one death. Two letters may tell of the same message: one that died after a rewind, and one that was redriven; the second says where
 * it was redriven from.
 */
function deathOf({ shard, offset }: DeadLetterInfo["source"], redriven: boolean): string {
  return `${redriven ? "redriven " : ""}${shard}:${offset}`;
}
