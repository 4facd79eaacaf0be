import type { StoredMessage } from "../../domain/message.ts";
import { DEDUPE_WINDOW_MS } from "../../domain/topic.ts";
import type { ReadResult, Shard, Source } from "../../engine/port.ts";
import { type Hold, triedAgain } from "./hold.ts";
import type { Positions } from "./positions.ts";
import { type Recognised, type Repeated, Repeats, tellRepeats } from "./repeats.ts";
import type { Losing } from "./replays.ts";

export interface FeedOptions {
  readonly hold: Hold;
  readonly positions: Positions;
  readonly shard: Shard;
  /** Of the shard among the positions. */
  readonly index: number;
  readonly from: number;
  /** Reads no further than this. Left out: for ever. */
  readonly to?: number;
  /** Offsets below it may be settled already. */
  readonly settledBelow: number;
  /** Told of what cannot be delivered. */
  readonly lose: (losing: Losing) => void;
  /** Told when there is something to take. */
  readonly arrived: (feed: Feed) => void;
}

/** What was published so many windows ago is forgotten also where nothing follows: the storage's clock may go differently from ours. */
const IDLE_WINDOWS = 2;

/** Reads one shard ahead of the dispatcher, in chunks. What has nothing to deliver is settled here and never seen outside. */
export class Feed {
  readonly index: number;
  readonly shard: Shard;
  readonly #options: FeedOptions;
  #buffer: StoredMessage[] = [];
  #head = 0;
  #readFrom: number;
  #wanted: boolean = false;
  #running: boolean = false;
  #isWaiting: boolean = false;
  readonly #repeats: Repeats | undefined;
  readonly #reads: ReturnType<typeof triedAgain>;
  /** Below it all was judged once: what is read again there and is no settled repeat is none. */
  #judgedTo = 0;
  /** Rises when what is being read shall not be kept. */
  #version = 0;
  #wake = new AbortController();

  constructor(options: FeedOptions) {
    this.#options = options;
    this.index = options.index;
    this.shard = options.shard;
    this.#readFrom = options.from;
    const { hold, shard } = options;
    this.#reads = triedAgain(hold, {
      failing: "The log cannot be read; it is read again later.",
      working: "The log is read again.",
    });
    if (hold.remembered !== undefined) this.#repeats = new Repeats({ hold, shard, remembered: hold.remembered });
  }

  /** The next message, which stays. */
  peek(): StoredMessage | undefined {
    return this.#buffer[this.#head];
  }

  /** The next message; reads on when half of what was read is gone. */
  take(): StoredMessage | undefined {
    const message = this.#buffer[this.#head];
    if (message === undefined) return undefined;
    this.#head += 1;
    if (!this.#running && this.#isLow()) this.#start();
    return message;
  }

  /** From now on there is something to take as soon as something is there. */
  open(): void {
    // What is being loaded now is read again here: kept from both, its messages would come twice.
    if (!this.#wanted) this.#version += 1;
    this.#wanted = true;
    this.#start();
  }

  /** Reads nothing until it is opened again. */
  shut(): void {
    this.#wanted = false;
    this.#wake.abort();
    this.unload();
  }

  /** The hold is over. */
  end(): void {
    this.#wake.abort();
    this.#repeats?.close();
  }

  /** Lets go of what no repeat can come of any more. */
  forget(): void {
    const { clock } = this.#options.hold;
    this.#repeats?.forgetBefore(clock.now() - IDLE_WINDOWS * DEDUPE_WINDOW_MS);
  }

  /** Reads one chunk if nothing is there to be peeked at, also while shut. */
  async load(): Promise<void> {
    if (this.peek() === undefined && !this.#running && !this.#isThrough()) await this.#read();
  }

  /** Lets go of what was read ahead while nobody wants it. */
  unload(): void {
    if (this.#wanted) return;
    this.#readFrom = this.peek()?.offset ?? this.#readFrom;
    this.#buffer = [];
    this.#head = 0;
    this.#version += 1;
  }

  sourceOf({ offset }: StoredMessage): Source {
    return { shard: this.shard, offset };
  }

  /** Whether it has given all that there was, and waits for what comes. */
  isAtEnd(): boolean {
    return this.#isWaiting && this.peek() === undefined;
  }

  /** Where the next message will come from at the earliest. */
  nextOffset(): number {
    return this.peek()?.offset ?? this.#readFrom;
  }

  /** Whether all that is durable was read, or nothing more is wanted now. If not, it is read now. */
  async caughtUp(): Promise<boolean> {
    if (!this.#wanted || !this.#isLow()) return true;
    const { end } = await this.#options.hold.engine.log.bounds(this.shard);
    if (end <= this.#readFrom || this.#isThrough()) return true;
    this.#wake.abort();
    return false;
  }

  #isLow(): boolean {
    return this.#buffer.length - this.#head <= this.#options.hold.limits.readCountMax / 2;
  }

  #isWanted(): boolean {
    return this.#wanted && this.#isLow() && !this.#isThrough() && !this.#options.hold.signal.aborted;
  }

  /** Whether all was read that is to be read here. */
  #isThrough(): boolean {
    return this.#options.to !== undefined && this.#readFrom >= this.#options.to;
  }

  #start(): void {
    if (this.#running || !this.#isWanted()) return;
    this.#running = true;
    void this.#run().finally(() => {
      this.#running = false;
      this.#start();
    });
  }

  async #run(): Promise<void> {
    const { hold } = this.#options;
    while (this.#isWanted()) {
      try {
        await hold.activity.during(this.#read());
        this.#reads.worked();
        if (this.#isWanted()) await this.#waitForMore();
      } catch (error) {
        if (hold.signal.aborted) return;
        this.#reads.failed(error);
        await hold.clock.after(hold.limits.retryMs, hold.signal);
      }
    }
  }

  async #waitForMore(): Promise<void> {
    this.#wake = new AbortController();
    this.#isWaiting = true;
    try {
      await this.#options.hold.engine.log.changed(this.shard, this.#readFrom, this.#wake.signal);
    } finally {
      this.#isWaiting = false;
    }
  }

  async #read(): Promise<void> {
    const { engine, limits, signal } = this.#options.hold;
    const [from, version] = [this.#readFrom, this.#version];
    const chunk = await engine.log.read(this.shard, from, {
      countMax: limits.readCountMax,
      bytesMax: limits.readBytesMax,
    });
    const first = chunk.records[0]?.offset ?? chunk.next;
    const start = first > from ? (await engine.log.bounds(this.shard)).start : from;
    const named = await this.#repeats?.before(chunk.records);
    if (signal.aborted || version !== this.#version) return;
    if (start > from) this.#trimmed(from, Math.min(start, first, this.#options.to ?? first));
    this.#repeats?.learn(named);
    this.#accept(this.#upToEnd(chunk), from);
  }

  /** Records are trimmed when their time is over: what was not settled there expired. */
  #trimmed(from: number, to: number): void {
    this.#options.lose({ at: this, range: { from, to }, why: "expired" });
  }

  #upToEnd(chunk: ReadResult): ReadResult {
    const { to } = this.#options;
    if (to === undefined || chunk.next <= to) return chunk;
    const damaged = chunk.damaged.filter(({ from }) => from < to);
    return {
      records: chunk.records.filter(({ offset }) => offset < to),
      damaged: damaged.map((range) => ({ from: range.from, to: Math.min(range.to, to) })),
      next: to,
    };
  }

  #accept({ records, next, damaged }: ReadResult, from: number): void {
    const { positions, arrived, lose } = this.#options;
    const repeated: Repeated[] = [];
    for (const range of damaged) lose({ at: this, range, why: "damaged" });
    if (this.#head > 0) this.#buffer.splice(0, this.#head);
    this.#head = 0;
    let at = from;
    for (const record of records) {
      if (record.offset > at) positions.pass(this.index, { from: at, to: record.offset });
      at = record.offset + 1;
      const recognised = this.#recognise(record);
      if (this.#isSettled(record.offset)) continue;
      if (recognised === "first") this.#buffer.push(record);
      else repeated.push({ record, recognised });
    }
    this.#judgedTo = Math.max(this.#judgedTo, next);
    for (const { record } of repeated) positions.settle(this.index, record.offset);
    if (repeated.length > 0) tellRepeats(this.#options.hold, repeated);
    if (next > at) positions.pass(this.index, { from: at, to: next });
    this.#readFrom = next;
    if (this.#buffer.length > 0) arrived(this);
  }

  /** Asked of every record, settled or not: what follows it may be its repeat. */
  #recognise(record: StoredMessage): Recognised {
    if (this.#repeats === undefined || record.offset < this.#judgedTo) return "first";
    return this.#repeats.recognise(record);
  }

  #isSettled(offset: number): boolean {
    const { positions, settledBelow } = this.#options;
    return (offset < settledBelow || offset < this.#judgedTo) && positions.isSettled(this.index, offset);
  }
}
