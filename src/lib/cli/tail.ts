import type { MessagesReply, TopicMessage } from "../api/topic-message.ts";
import type { Clock } from "../domain/clock.ts";
import type { KBrokerError } from "../domain/error.ts";
import { isPassing, orAborted } from "./patience.ts";

/** Messages asked for at once. */
const PAGE_COUNT = 500;
const WAIT_MS = 15_000;
const RETRY_AFTER_MS = 1_000;

export interface TailQuery {
  readonly from?: string;
  readonly last?: number;
  readonly limit: number;
  readonly filter?: string;
  readonly waitMs: number;
}

export interface TailOptions {
  /** Where to begin: one of the two. */
  readonly begin: { readonly from: string } | { readonly last: number };
  readonly filter: string | undefined;
  /** How many messages at most. */
  readonly limit: number | undefined;
  /** Waits for new messages at the end, and for a broker that went away. */
  readonly follow: boolean;
}

export interface TailDeps {
  readonly read: (query: TailQuery) => Promise<MessagesReply>;
  readonly show: (message: TopicMessage) => void;
  readonly damaged: (range: MessagesReply["damaged"][number]) => void;
  /** The broker has gone away; told once, until it is back. */
  readonly lost: (error: KBrokerError) => void;
  readonly back: () => void;
  readonly clock: Clock;
  /** Ends it at once. */
  readonly signal: AbortSignal;
}

/** Shows a topic's messages in their order, each once, whatever happens to the broker meanwhile. Gives how many. */
export async function tail(options: TailOptions, deps: TailDeps): Promise<number> {
  const read = options.follow ? patient(deps) : (query: TailQuery) => orAborted(deps.read(query), deps.signal);
  const filter = options.filter === undefined ? {} : { filter: options.filter };
  let place: TailOptions["begin"] = options.begin;
  let shown = 0;
  let waitMs = 0;
  for (;;) {
    const limit = Math.min(PAGE_COUNT, (options.limit ?? Number.POSITIVE_INFINITY) - shown);
    const page = await read({ ...place, ...filter, limit, waitMs });
    if (page === undefined) return shown;
    for (const range of page.damaged) deps.damaged(range);
    for (const message of page.items) deps.show(message);
    shown += page.items.length;
    if (shown === options.limit || (page.atEnd && !options.follow)) return shown;
    place = { from: page.next };
    waitMs = page.atEnd ? WAIT_MS : 0;
  }
}

/** Reads again until the broker answers, once it has answered before; `undefined` when `signal` aborts. */
function patient({ read, lost, back, clock, signal }: TailDeps) {
  let answered = false;
  return async (query: TailQuery): Promise<MessagesReply | undefined> => {
    let away = false;
    for (;;) {
      try {
        const page = await orAborted(read(query), signal);
        if (away && page !== undefined) back();
        answered = true;
        return page;
      } catch (error) {
        if (!answered || !isPassing(error)) throw error;
        if (!away) lost(error);
        away = true;
        await clock.after(RETRY_AFTER_MS, signal);
        if (signal.aborted) return undefined;
      }
    }
  };
}
