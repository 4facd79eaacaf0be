import type { Report } from "../../../domain/report.ts";
import type { ReadLimits, ScheduledMessage } from "../../port.ts";
import { groupBy } from "./group-by.ts";
import { placeOf, type ScheduleIndex, type Waiting } from "./schedule-index.ts";
import { decodeScheduled } from "./scheduled-record.ts";
import type { StateTopic } from "./state-topic.ts";

export interface ScheduleReader {
  /** In the order given; what is gone meanwhile is left out. */
  messagesOf(waiting: readonly Waiting[]): Promise<readonly ScheduledMessage[]>;
  /** As many of the first as the limits allow. */
  page(of: Iterable<Waiting>, limits: ReadLimits & { readonly untilMs?: number }): Promise<Page>;
}

export interface Page {
  readonly messages: readonly ScheduledMessage[];
  /** When the first one is due that is not in it. */
  readonly nextMs: number | undefined;
}

export interface ScheduleReaderOptions {
  readonly topic: () => StateTopic;
  readonly index: ScheduleIndex;
  readonly report: Report;
}

/** Read at a time: how large they are is not known before. */
const READ_COUNT = 256;

/** Payloads are not held: they are read where they lie. */
export function createScheduleReader({ topic, index, report }: ScheduleReaderOptions): ScheduleReader {
  async function read(waiting: readonly Waiting[]): Promise<ReadonlyMap<Waiting, ScheduledMessage>> {
    const found = new Map<string, ScheduledMessage>();
    const reads = Array.from(
      groupBy(waiting, ({ partition }) => partition),
      async ([partition, each]) => {
        const offsets = each.map(({ offset }) => offset);
        for (const record of await topic().readAt(partition, offsets))
          found.set(`${partition}/${record.offset}`, decodeScheduled(record));
      },
    );
    await Promise.all(reads);
    const messages = new Map<Waiting, ScheduledMessage>();
    const missing: Waiting[] = [];
    for (const each of waiting) {
      const message = found.get(`${each.partition}/${each.offset}`);
      if (message === undefined) missing.push(each);
      else messages.set(each, message);
    }
    if (missing.length > 0) await drop(missing);
    return messages;
  }

  /** Removed by somebody meanwhile; or it cannot be read any more, and nothing shall wait for it. */
  async function drop(missing: readonly Waiting[]): Promise<void> {
    await Promise.all(Array.from(new Set(missing.map(({ partition }) => partition)), (each) => topic().caughtUp(each)));
    for (const each of missing) {
      const { id, dueMs, partition, offset, topic: of } = each;
      if (index.find(of.topicId, id) !== each) continue;
      index.remove(placeOf(each));
      report("error", "A scheduled message cannot be read any more; it is lost.", { id, dueMs, partition, offset });
    }
  }

  return {
    async messagesOf(waiting) {
      return Array.from((await read(waiting)).values());
    },
    async page(of, limits) {
      const { countMax, bytesMax } = limits;
      const { taken, nextMs } = take(of, limits);
      const messages: ScheduledMessage[] = [];
      let bytes = 0;
      for (let at = 0; at < taken.length; at += READ_COUNT) {
        for (const [waiting, scheduled] of await read(taken.slice(at, at + READ_COUNT))) {
          bytes += scheduled.message.payload.length;
          const isFull = messages.length >= countMax || bytes > bytesMax;
          if (messages.length > 0 && isFull) return { messages, nextMs: waiting.dueMs };
          messages.push(scheduled);
        }
      }
      return { messages, nextMs };
    },
  };
}

/** At once: the index may change while what they hold is read. */
function take(
  of: Iterable<Waiting>,
  { countMax, untilMs = Number.POSITIVE_INFINITY }: { countMax: number; untilMs?: number },
) {
  const taken: Waiting[] = [];
  for (const each of of) {
    if (each.dueMs > untilMs || taken.length >= Math.max(1, countMax)) return { taken, nextMs: each.dueMs };
    taken.push(each);
  }
  return { taken, nextMs: undefined };
}
