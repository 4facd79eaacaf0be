import { type SourceBatch, SourceError, type SourceStream } from "../../connectors/port.ts";
import type { Connector } from "../../domain/connector.ts";
import { KBrokerError, messageOf } from "../../domain/error.ts";
import { appendBatch } from "./append-batch.ts";
import { topicMissing } from "./append-in-order.ts";
import type { HoldParts } from "./hold-deps.ts";
import { settingsOf } from "./settings.ts";
import type { Standing } from "./standing.ts";
import { untilAborted } from "./until.ts";

export interface Reading extends HoldParts {
  readonly standing: Standing;
  /** As it is when the stream opens. */
  readonly connector: Connector;
  /** As it is now: what may change while the stream is open. */
  readonly newest: () => Connector;
  /** Something was stored that was not there before. */
  readonly stored: () => void;
  /** Ends the reading: a batch that is being appended is the last. */
  readonly signal: AbortSignal;
}

/** Opens the stream and reads until `signal` aborts; fails with what keeps it from that. It has let go of the stream in any case. */
export async function read(reading: Reading): Promise<void> {
  const { standing, signal, lost } = reading;
  await checkTopics(reading);
  const stream = await opened(reading);
  if (stream === undefined) return;
  try {
    await untilAborted(standing.begun(), signal);
    if (signal.aborted || lost.aborted) return;
    standing.opened(stream);
    await follow(reading, stream);
  } finally {
    await inTime(reading, standing.settled());
    standing.closed();
    await close(reading, stream);
  }
}

/** Before anything of a batch is stored: what is stored elsewhere already would come again much later. */
async function checkTopics({ engine, connector, name }: Reading): Promise<void> {
  for (const table of connector.tables) {
    try {
      await engine.log.shards(table.topicId);
    } catch (error) {
      if (error instanceof KBrokerError && error.code === "topic_not_found") throw topicMissing({ name, table });
      throw error;
    }
  }
}

/** At the position of the report. `undefined`: nobody waits for it any more. */
async function opened(reading: Reading): Promise<SourceStream | undefined> {
  const { sources, standing, connector, signal } = reading;
  if (signal.aborted) return undefined;
  const checkpoint = standing.current.checkpoint ?? undefined;
  const startsOver = standing.current.startsOver === true;
  const opening = sources[connector.kind].open({ settings: settingsOf(connector), checkpoint, startsOver, signal });
  const stream = await untilAborted(opening, signal);
  // The next opening needs the slot that this one may still take.
  if (stream === undefined) await inTime(reading, closed(opening));
  return stream;
}

async function closed(opening: Promise<SourceStream>): Promise<void> {
  const late = await opening;
  await late.close();
}

async function follow(reading: Reading, stream: SourceStream): Promise<void> {
  const { clock, limits, signal, lost, name, standing } = reading;
  while (!signal.aborted) {
    const batch = await untilAborted(stream.next(), signal);
    if (signal.aborted) return;
    if (batch === undefined) {
      const hint = `It is opened again by itself; kbroker connector describe ${name} says how it goes.`;
      throw new SourceError({ code: "unexpected", message: "The stream of the database ended.", hint });
    }
    await take(reading, batch);
    // What a snapshot reads is named by its beginning: read again from another one, each row would be there twice.
    if (batch.isSnapshot && batch.changes.length === 0) await untilAborted(standing.settled(), signal);
    if (lost.aborted) return;
    if (batch.changes.length === 0) await clock.after(limits.emptyMs, signal);
  }
}

/** Durable first, then told; what is told durably is safe. */
async function take(reading: Reading, batch: SourceBatch): Promise<void> {
  const { standing, lost, newest, stored } = reading;
  const blocked = standing.retrying.bind(standing);
  const counts = await appendBatch({ ...reading, onOversize: newest().onOversize, blocked }, batch);
  if (lost.aborted) return;
  standing.took(batch, counts);
  if (counts.changes > counts.duplicates) stored();
}

async function close(reading: Reading, stream: SourceStream): Promise<void> {
  await inTime(reading, stream.close());
}

/** A source that does not let go in time is left behind. */
async function inTime({ clock, limits, observer, name }: Reading, work: Promise<void>): Promise<void> {
  const done = new AbortController();
  const closing = work.catch((error: unknown) => {
    observer.log("info", "A connector's stream did not close well.", { connector: name, error: messageOf(error) });
  });
  await Promise.race([closing, clock.after(limits.closeMs, done.signal)]);
  done.abort();
}
