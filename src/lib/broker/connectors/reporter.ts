import type { ConnectorReport } from "../../domain/connector-report.ts";
import { isConnectorReport } from "../../domain/documents.ts";
import { KBrokerError, messageOf } from "../../domain/error.ts";
import { alarm } from "../delivery/alarm.ts";
import type { HoldParts } from "./hold-deps.ts";

type ReportChange = Partial<Omit<ConnectorReport, "sinceMs">>;

/** Keeps what the owner tells of its connector, the position included, and writes it: at most once a period, at once where it turned. */
export interface Reporter {
  readonly current: ConnectorReport;
  /** Written within the period; at once where the status changes. */
  note(change: ReportChange): void;
  /** Written at once. Resolves when it is durable, however often that has to be tried, or when the hold ends. */
  settle(change: ReportChange): Promise<void>;
  /** Writes what is not written yet, once. What cannot be written comes again from the position before. */
  end(): Promise<void>;
}

/**
 * One write at a time. One that fails is said once and made again later; nothing but `settle` waits for it. `writes` is asked at the
 * beginning of a write, and what it gives is called once that is durable.
 */
export function reporter(parts: HoldParts, first: ConnectorReport, writes: () => () => void): Reporter {
  const { engine, ownership, clock, observer, limits, activity, name, lost } = parts;
  const ended = new AbortController();
  const bell = alarm(clock, ended.signal, ring);
  let current = first;
  let [revision, written] = [0, 0];
  let isUrgent = false;
  let writing: Promise<void> | undefined;
  let notBeforeMs = 0;
  let isFailing = false;
  let waiting: { readonly revision: number; readonly done: () => void }[] = [];

  function ring(): void {
    if (writing !== undefined || written === revision || lost.aborted || ended.signal.aborted) return;
    if (!isUrgent && clock.monotonic() < notBeforeMs) {
      bell.by(notBeforeMs);
      return;
    }
    writing = activity.during(write()).finally(() => {
      writing = undefined;
      ring();
    });
  }

  async function write(): Promise<void> {
    const [told, done] = [revision, writes()];
    isUrgent = false;
    notBeforeMs = clock.monotonic() + limits.reportPeriodMs;
    try {
      await engine.reports.report(ownership, current);
      written = told;
      isFailing = false;
      if (!lost.aborted) done();
      release((one) => one.revision <= told);
    } catch (error) {
      failed(error);
    }
  }

  function failed(error: unknown): void {
    const isStale = error instanceof KBrokerError && error.code === "epoch_stale";
    if (isStale) parts.superseded();
    if (isStale || isFailing) return;
    isFailing = true;
    const fields = { connector: name, error: messageOf(error) };
    observer.log("error", "What a connector has read cannot be noted; it is noted again later.", fields);
  }

  function release(isDone: (one: { readonly revision: number }) => boolean): void {
    const done = waiting.filter(isDone);
    waiting = waiting.filter((one) => !isDone(one));
    for (const one of done) one.done();
  }

  function note(change: ReportChange): void {
    const isTurn = change.status !== undefined && change.status !== current.status;
    const next: ConnectorReport = { ...current, ...change, sinceMs: isTurn ? clock.now() : current.sinceMs };
    if (!isConnectorReport(next)) throw new KBrokerError("internal", "A source told what no report can hold.");
    current = next;
    revision += 1;
    isUrgent ||= isTurn;
    ring();
  }

  lost.addEventListener("abort", () => release(() => true), { once: true });
  return {
    get current() {
      return current;
    },
    note,
    settle(change) {
      isUrgent = true;
      note(change);
      if (lost.aborted || ended.signal.aborted) return Promise.resolve();
      return new Promise((done) => void waiting.push({ revision, done }));
    },
    async end() {
      ended.abort();
      await writing;
      if (written !== revision && !lost.aborted) await activity.during(write());
      release(() => true);
    },
  };
}
