import { highest } from "../../domain/cursor.ts";
import type { StoredMessage } from "../../domain/message.ts";
import { Feed } from "./feed.ts";
import type { Hold } from "./hold.ts";
import type { Positions } from "./positions.ts";

/** A message taken from the log. */
export interface Next {
  readonly message: StoredMessage;
  /** Where it was read and is settled. */
  readonly feed: Feed;
  readonly parked: undefined;
}

/** All shards of a topic, taken from in turn. Expired messages are passed and counted, wherever they are met. */
export class Feeds {
  readonly #hold: Hold;
  readonly #positions: Positions;
  readonly #feeds: readonly Feed[];
  #turn = 0;

  constructor(hold: Hold, positions: Positions, arrived: () => void) {
    this.#hold = hold;
    this.#positions = positions;
    this.#feeds = positions.cursors().map(({ shard, cursor }, index) => {
      const hear = (feed: Feed) => {
        this.#passExpired(feed);
        arrived();
      };
      return new Feed({
        hold,
        positions,
        shard,
        index,
        from: cursor.low,
        settledBelow: highest(cursor),
        arrived: hear,
      });
    });
  }

  open(): void {
    for (const feed of this.#feeds) feed.open();
  }

  shut(): void {
    for (const feed of this.#feeds) feed.shut();
  }

  /** The next message to push, taken; `undefined` when none was read yet. */
  take(): Next | undefined {
    for (let tried = 0; tried < this.#feeds.length; tried += 1) {
      const feed = this.#feeds[(this.#turn + tried) % this.#feeds.length];
      if (feed === undefined) continue;
      this.#passExpired(feed);
      const message = feed.take();
      if (message === undefined) continue;
      this.#turn = feed.index + 1;
      return { message, feed, parked: undefined };
    }
    return undefined;
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
      this.#positions.lose(feed.index, { from: message.offset, to: message.offset + 1 }, "expired");
    }
  }

  /** What was published until then has expired. */
  #expiredUntilMs(): number {
    return this.#hold.expiryNow() - this.#hold.ttlMs;
  }
}
