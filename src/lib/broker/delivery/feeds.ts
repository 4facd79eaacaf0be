import { highest } from "../../domain/cursor.ts";
import type { StoredMessage } from "../../domain/message.ts";
import type { ShardCursor } from "../../engine/port.ts";
import type { Alarm } from "./alarm.ts";
import { Feed, type FeedOptions } from "./feed.ts";
import type { Hold } from "./hold.ts";
import type { Positions } from "./positions.ts";
import type { Replays } from "./replays.ts";

/** A message taken from the log. */
export interface Next {
  readonly message: StoredMessage;
  /** Where it was read and is settled. */
  readonly feed: Feed;
  readonly parked: undefined;
}

export interface FeedsOptions {
  readonly hold: Hold;
  readonly positions: Positions;
  readonly replays: Replays;
  /** Rings when a replay that has to wait may be taken. */
  readonly alarm: Alarm;
  readonly arrived: () => void;
}

/** A feed, and from which offset on its messages are taken only as fast as replays may go. */
interface Source {
  readonly feed: Feed;
  readonly pacedFrom: number;
}

/**
 * All shards of a topic, taken from in turn. Expired messages are passed and counted, wherever they are met. Where replays are held to a
 * rate, a second feed of their shard goes on behind them, so that nothing else waits.
 */
export class Feeds {
  readonly #options: FeedsOptions;
  readonly #hold: Hold;
  readonly #sources: readonly Source[];
  readonly #feeds: readonly Feed[];
  #turn = 0;

  constructor(options: FeedsOptions) {
    this.#options = options;
    this.#hold = options.hold;
    this.#sources = options.positions.cursors().flatMap((each, index) => this.#sourcesOf(each, index));
    this.#feeds = this.#sources.map(({ feed }) => feed);
    // One for all: a topic may have more shards than a signal shall have listeners.
    const end = () => {
      for (const feed of this.#feeds) feed.end();
    };
    this.#hold.signal.addEventListener("abort", end, { once: true });
  }

  #sourcesOf({ shard, cursor }: ShardCursor, index: number): readonly Source[] {
    const feed = (from: number, to?: number) => this.#feed({ shard, index, from, settledBelow: highest(cursor) }, to);
    const paced = this.#options.replays.paced(shard.index);
    if (paced === undefined || paced.to <= cursor.low)
      return [{ feed: feed(cursor.low), pacedFrom: Number.POSITIVE_INFINITY }];
    return [
      { feed: feed(cursor.low, paced.to), pacedFrom: paced.from },
      { feed: feed(paced.to), pacedFrom: Number.POSITIVE_INFINITY },
    ];
  }

  #feed(place: Pick<FeedOptions, "shard" | "index" | "from" | "settledBelow">, to: number | undefined): Feed {
    const { hold, positions, replays, arrived } = this.#options;
    return new Feed({
      hold,
      positions,
      ...place,
      ...(to === undefined ? {} : { to }),
      lose: (losing) => replays.lose(positions, losing),
      arrived: (feed) => {
        this.#passExpired(feed);
        arrived();
      },
    });
  }

  open(): void {
    for (const feed of this.#feeds) feed.open();
  }

  shut(): void {
    for (const feed of this.#feeds) feed.shut();
  }

  /** The next message to push, taken; `undefined` when none was read yet, or those that were have to wait. */
  take(): Next | undefined {
    for (let tried = 0; tried < this.#sources.length; tried += 1) {
      const position = (this.#turn + tried) % this.#sources.length;
      const source = this.#sources[position];
      if (source === undefined) continue;
      const { feed } = source;
      this.#passExpired(feed);
      const message = this.#mayTake(source) ? feed.take() : undefined;
      if (message === undefined) continue;
      this.#turn = position + 1;
      return { message, feed, parked: undefined };
    }
    return undefined;
  }

  #mayTake({ feed, pacedFrom }: Source): boolean {
    const offset = feed.peek()?.offset;
    if (offset === undefined || offset < pacedFrom) return true;
    const { replays, alarm, hold } = this.#options;
    const nowMs = hold.clock.monotonic();
    if (replays.take(nowMs)) return true;
    alarm.by(replays.nextMs(nowMs));
    return false;
  }

  async caughtUp(): Promise<boolean> {
    const all = await Promise.all(this.#feeds.map((feed) => feed.caughtUp()));
    return all.every(Boolean);
  }

  /** Passes what expired where nothing is taken: behind a pause, a dead endpoint, a full window. */
  async sweep(): Promise<void> {
    const { engine, signal } = this.#hold;
    for (const feed of this.#feeds) {
      this.#passExpired(feed);
      feed.forget();
      // Of many that have nothing to do none asks the storage.
      if (feed.isAtEnd()) continue;
      const alive = await engine.log.offsetAt(feed.shard, this.#expiredUntilMs() + 1);
      for (let at = -1; at < feed.nextOffset() && feed.nextOffset() < alive && !signal.aborted; ) {
        at = feed.nextOffset();
        await feed.load();
      }
      feed.unload();
    }
  }

  #passExpired(feed: Feed): void {
    for (let message = feed.peek(); message !== undefined; message = feed.peek()) {
      if (message.timeMs > this.#expiredUntilMs()) return;
      feed.take();
      const range = { from: message.offset, to: message.offset + 1 };
      this.#options.replays.lose(this.#options.positions, { at: feed, range, why: "expired" });
    }
  }

  /** What was published until then has expired. */
  #expiredUntilMs(): number {
    return this.#hold.expiryNow() - this.#hold.ttlMs;
  }
}
