import { SourceError } from "../../connectors/port.ts";
import type { ConnectorTable } from "../../domain/connector.ts";
import type { Fault } from "../../domain/connector-report.ts";
import { connectorRetryMs } from "../../domain/connector-status.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Message } from "../../domain/message.ts";
import { DEDUPE_WINDOW_MS } from "../../domain/topic.ts";
import type { Appended, AppendOptions } from "../../engine/port.ts";
import { pagesOf, toRepeat, varied } from "./append-plan.ts";
import type { HoldParts } from "./hold-deps.ts";

/** Where messages go, and what may happen meanwhile. */
export interface AppendPlace extends HoldParts {
  readonly table: ConnectorTable;
  /** Rows of the beginning: read again, they may be others under the same ids. */
  readonly isSnapshot: boolean;
  /** Ends the waiting for an engine that takes nothing at the moment. */
  readonly signal: AbortSignal;
  /** The engine has no room; it is tried again at that wall time. */
  readonly blocked: (fault: Fault, retryAtMs: number) => void;
}

interface TopicCounts {
  readonly stored: number;
  /** They were there already. */
  readonly duplicates: number;
}

/** Nobody waits for the batch any more: it is not safe and comes again. */
export class Abandoned extends Error {
  override readonly name = "Abandoned";
}

const DEDUPED = { dedupeWindowMs: DEDUPE_WINDOW_MS };

/**
 * Into one topic, page by page. What the topic holds already is recognised by its id. An id that stands for other bytes there (a row of
 * the beginning that was read again after a change, a database that was restored) is one more event under an id of its own.
 */
export async function appendInOrder(place: AppendPlace, messages: readonly Message[]): Promise<TopicCounts> {
  const kinds: Appended["kind"][] = [];
  // An engine that may miss that the bytes are others must not take such a row for a repeat: it comes twice rather than not at all.
  const options = place.isSnapshot && !place.engine.capabilities.exactDuplicates ? {} : DEDUPED;
  for (const page of pagesOf(messages, place.limits.page)) {
    const first = await append(place, page, options);
    const repeated = toRepeat(page, first);
    const others = await Promise.all(page.filter((_, index) => repeated.has(index)).map(varied));
    const second = await append(place, others, DEDUPED);
    // Not even the id that is made of the bytes is free: no window holds anything against it then.
    const third = await append(
      place,
      others.filter((_, index) => second[index]?.kind === "conflict"),
      {},
    );
    const counted = first.filter(({ kind }, index) => kind === "appended" || !repeated.has(index));
    kinds.push(...[...counted, ...second, ...third].map(({ kind }) => kind));
  }
  const { topic } = place.table;
  for (const kind of kinds) {
    if (kind !== "conflict") place.observer.published(topic, kind === "duplicate" ? "duplicate" : "stored");
  }
  const count = (wanted: Appended["kind"]) => kinds.filter((kind) => kind === wanted).length;
  return { stored: count("appended"), duplicates: count("duplicate") };
}

/** Waits for an engine that has no time or no room, in place, so that nothing overtakes. */
async function append(
  place: AppendPlace,
  messages: readonly Message[],
  options: AppendOptions,
): Promise<readonly Appended[]> {
  if (messages.length === 0) return [];
  for (let failures = 1; ; failures += 1) {
    if (place.lost.aborted) throw new Abandoned();
    try {
      return await place.engine.log.append(place.table.topicId, messages, options);
    } catch (error) {
      await passed(place, error, failures);
    }
    if (place.signal.aborted) throw new Abandoned();
  }
}

/** Resolves when it makes sense to try again, and fails where it never does. */
async function passed(place: AppendPlace, error: unknown, failures: number): Promise<void> {
  const { clock, limits, random, activity, signal, name } = place;
  const code = error instanceof KBrokerError ? error.code : undefined;
  if (code === "topic_not_found") throw topicMissing(place);
  if (code === "overloaded") return activity.outside(clock.after(limits.retryMs, signal));
  if (code !== "disk_full") throw error;
  const delayMs = connectorRetryMs({ code: "broker_full", failures, random: random() });
  const hint = `Make room where the broker keeps its data; it goes on by itself. kbroker broker status says where that is, kbroker connector pause ${name} stops reading.`;
  place.blocked(
    { code: "broker_full", message: "The broker has no room for the connector's events.", hint },
    clock.now() + delayMs,
  );
  await activity.outside(clock.after(delayMs, signal));
}

export function topicMissing({ name, table }: Pick<AppendPlace, "name" | "table">): SourceError {
  const of = `${table.schema}.${table.table}`;
  return new SourceError({
    code: "topic_missing",
    message: `The topic "${table.topic}" of the table ${of} is not there.`,
    hint: `kbroker connector update ${name} --remove-table ${of}, and --add-table ${of} after it, makes a new one.`,
  });
}
