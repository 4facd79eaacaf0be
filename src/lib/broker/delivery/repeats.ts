import { digestOf } from "../../domain/digest.ts";
import type { StoredMessage } from "../../domain/message.ts";
import { DEDUPE_WINDOW_MS } from "../../domain/topic.ts";
import type { Shard } from "../../engine/port.ts";
import type { Hold } from "./hold.ts";
import { recordsOf } from "./letters.ts";
import type { RememberedIds, ShardIds } from "./remembered-ids.ts";

export interface RepeatsOptions {
  readonly hold: Hold;
  readonly shard: Shard;
  readonly remembered: RememberedIds;
}

/** A record with an id that its caller gave. */
interface Named {
  readonly id: string;
  readonly timeMs: number;
  readonly digest: number;
}

/** `other`: a repeat with another payload. */
export type Recognised = "first" | "repeat" | "other";

export interface Repeated {
  readonly record: StoredMessage;
  readonly recognised: Exclude<Recognised, "first">;
}

/** Of one look, in the log. */
const IDS_SAID_MAX = 10;

/**
 * Tells repeats from firsts in one shard, read in order. A repeat is a record of a caller-given id that stands at a lower offset, no longer
 * before it than the record's window; so the window begins anew with each repeat, and what was published within the window before a record
 * is all that has to be known: whoever reads from wherever comes to the same.
 */
export class Repeats {
  readonly #options: RepeatsOptions;
  #ids: ShardIds | undefined;

  constructor(options: RepeatsOptions) {
    this.#options = options;
  }

  /**
   * What was published before the first of these records that may be a repeat, where that is not known yet. Nothing is remembered before it
   * is given to `learn`: records that are read and then not used are read again. A reader that meets no such record asks for nothing.
   */
  async before(records: readonly StoredMessage[]): Promise<readonly Named[] | undefined> {
    if (this.#ids !== undefined) return undefined;
    const first = records.find(({ dedupeWindowMs }) => dedupeWindowMs !== undefined);
    if (first === undefined) return undefined;
    const { hold, shard } = this.#options;
    const oldest = await hold.engine.log.offsetAt(shard, first.timeMs - DEDUPE_WINDOW_MS);
    // What is further back would be forgotten again at once.
    const from = Math.max(oldest, first.offset - hold.limits.rememberedIdsMax);
    const named: Named[] = [];
    for await (const record of recordsOf(hold, { shard, from, to: first.offset })) {
      if (record.dedupeWindowMs !== undefined) named.push(namedOf(record));
    }
    return named;
  }

  learn(named: readonly Named[] | undefined): void {
    if (named === undefined || this.#ids !== undefined) return;
    const ids = this.#options.remembered.open();
    this.#ids = ids;
    for (const one of named) this.#recognise(ids, one, DEDUPE_WINDOW_MS);
  }

  /** Each record once, in order. */
  recognise(record: StoredMessage): Recognised {
    const { dedupeWindowMs } = record;
    if (dedupeWindowMs === undefined || this.#ids === undefined) return "first";
    const recognised = this.#recognise(this.#ids, namedOf(record), dedupeWindowMs);
    this.#ids.forgetBefore(record.timeMs - DEDUPE_WINDOW_MS);
    return recognised;
  }

  /** Lets go of what was published before this time; for a shard to which nothing comes any more. */
  forgetBefore(timeMs: number): void {
    this.#ids?.forgetBefore(timeMs);
  }

  /** Forgets all; nothing is recognised afterwards. */
  close(): void {
    this.#ids?.close();
  }

  #recognise(ids: ShardIds, { id, timeMs, digest }: Named, windowMs: number): Recognised {
    const known = ids.get(id);
    if (known === undefined || timeMs - known.timeMs > windowMs) {
      ids.set(id, { timeMs, digest });
      return "first";
    }
    ids.set(id, { timeMs, digest: known.digest });
    return known.digest === digest ? "repeat" : "other";
  }
}

function namedOf({ id, timeMs, payload }: StoredMessage): Named {
  return { id, timeMs, digest: digestOf(payload) };
}

/** Counts what was settled without a push; what nobody told the publisher is said, too. */
export function tellRepeats({ observer, subscription }: Hold, repeated: readonly Repeated[]): void {
  const { name, topic } = subscription;
  const others = repeated.filter(({ recognised }) => recognised === "other").map(({ record }) => record.id);
  observer.repeated(name, topic, { same: repeated.length - others.length, other: others.length });
  if (others.length === 0) return;
  const fields = { subscription: name, topic, count: others.length, ids: others.slice(0, IDS_SAID_MAX) };
  observer.log(
    "warn",
    "Messages are not delivered: their ids were published shortly before, with another payload.",
    fields,
  );
}
