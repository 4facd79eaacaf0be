import { messageOf } from "../../../domain/error.ts";
import type { NewRecord } from "../producing.ts";
import type { StateRecord } from "./follow.ts";
import type { HoldRecord, Holds } from "./holds.ts";
import { createLatest, type Told } from "./latest.ts";
import { SLOTS } from "./slots.ts";
import { openStateTopic, type StateTopicOptions } from "./state-topic.ts";
import {
  decodeHold,
  decodeKey,
  decodeReport,
  encodeHold,
  encodeKey,
  encodeReport,
  type StatusKey,
  type StoredHold,
  type StoredReport,
} from "./status-record.ts";

export type StatusOptions = Pick<StateTopicOptions, "wire" | "producing" | "report"> & {
  /** Begins the names of all topics of state. */
  readonly prefix: string;
};

/** What owners tell everybody. As it is one log, whoever has folded a hold of its own knows every report from before it. */
export interface Status {
  readonly holds: Holds;
  report(resource: string): Told<StoredReport> | undefined;
  /** Durable, and folded here, when it resolves. One of an older hold than the newest that reported changes nothing. */
  putReport(resource: string, told: Told<StoredReport>): Promise<void>;
  forgetReports(resource: string): Promise<void>;
  caughtUp(): Promise<void>;
  close(): void;
}

const PARTITION = 0;

/** Resolves once everything is read that was durable when it was called. */
export async function openStatus({ prefix, ...options }: StatusOptions): Promise<Status> {
  // An answer may get lost, and what was written again lies behind what came after it.
  const reports = createLatest<StoredReport>((report, before) => report.turn >= before.turn);
  const holds = createLatest<StoredHold>((hold, before) => hold.isReleased || !before.isReleased);
  const watchers = new Set<(resource: string) => void>();
  const topic = await openStateTopic({
    ...options,
    name: `${prefix}_status`,
    partitions: 1,
    slot: SLOTS.status,
    apply,
  });

  function apply({ key, value }: StateRecord): void {
    const { kind, resource, epoch } = decodeKey(key);
    if (kind === "report") {
      reports.apply(resource, epoch, value === null ? undefined : decodeReport(value));
      return;
    }
    holds.apply(resource, epoch, value === null ? undefined : decodeHold(value));
    for (const tell of watchers) told(tell, resource);
  }

  /** A watcher that fails is no fault of the record's, and keeps no other one from hearing. */
  function told(tell: (resource: string) => void, resource: string): void {
    try {
      tell(resource);
    } catch (error) {
      options.report("error", `What hears of holds on "${resource}" failed.`, { cause: messageOf(error) });
    }
  }

  /** What older holds told is of no use any more. */
  function olderOf(kind: StatusKey["kind"], resource: string, epoch: number): readonly NewRecord[] {
    const epochs = (kind === "report" ? reports : holds).epochs(resource).filter((each) => each < epoch);
    return clearing(kind, resource, epochs);
  }

  function clearing(kind: StatusKey["kind"], resource: string, epochs: readonly number[]): readonly NewRecord[] {
    return epochs.map((epoch) => ({ key: encodeKey({ kind, resource, epoch }), value: null }));
  }

  async function write(records: readonly NewRecord[]): Promise<void> {
    if (records.length > 0) await topic.write(PARTITION, records);
  }

  try {
    await topic.caughtUp();
  } catch (error) {
    topic.close();
    throw error;
  }

  return {
    holds: {
      of: (resource) => holdOf(resource, holds.get(resource)),
      *all() {
        for (const [resource, told] of holds.all()) {
          const hold = holdOf(resource, told);
          if (hold !== undefined) yield hold;
        }
      },
      async put({ resource, epoch, ...hold }) {
        const key = encodeKey({ kind: "hold", resource, epoch });
        await write([{ key, value: encodeHold(hold) }, ...olderOf("hold", resource, epoch)]);
      },
      forget: (resource) => write(clearing("hold", resource, holds.epochs(resource))),
      watch(tell) {
        const watcher = (resource: string) => tell(resource);
        watchers.add(watcher);
        return () => void watchers.delete(watcher);
      },
    },
    report: (resource) => reports.get(resource),
    async putReport(resource, { epoch, value }) {
      const key = encodeKey({ kind: "report", resource, epoch });
      await write([{ key, value: encodeReport(value, resource) }, ...olderOf("report", resource, epoch)]);
    },
    forgetReports: (resource) => write(clearing("report", resource, reports.epochs(resource))),
    caughtUp: () => topic.caughtUp(),
    close: () => topic.close(),
  };
}

function holdOf(resource: string, told: Told<StoredHold> | undefined): HoldRecord | undefined {
  return told && { resource, epoch: told.epoch, ...told.value };
}
