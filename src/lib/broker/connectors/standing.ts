import type { SourceBatch, SourceMeasure, SourceStream } from "../../connectors/port.ts";
import type { Connector } from "../../domain/connector.ts";
import type { ConnectorCounts, ConnectorReport, Fault, SourceLag } from "../../domain/connector-report.ts";
import {
  distinctFaults,
  faultOf,
  firstReport,
  flowingStatus,
  isSameFault,
  isUnfinished,
  retainedWarning,
} from "../../domain/connector-status.ts";
import type { HoldParts } from "./hold-deps.ts";
import { type Reporter, reporter } from "./reporter.ts";

/** What the owner knows of its connector: where it is and how it is. Whatever happens is told here, and goes into the report and the log. */
export class Standing {
  readonly #parts: HoldParts;
  readonly #reporter: Reporter;
  #stream: SourceStream | undefined;
  /** The last batch of the stream that is in the topics, until the report that knows it is durable. */
  #unsafe: SourceBatch | undefined;
  #isSnapshot: boolean;
  #measured: readonly Fault[] = [];

  constructor(parts: HoldParts, believed: ConnectorReport) {
    this.#parts = parts;
    this.#reporter = reporter(parts, believed, () => this.#safe(this.#stream, this.#unsafe));
    this.#isSnapshot = isUnfinished(believed.snapshot);
  }

  get current(): ConnectorReport {
    return this.#reporter.current;
  }

  /** The document has another form: what was found missing may have been another table's, or made since. The next measurement says. */
  turns(): void {
    this.#measured = this.#measured.filter(({ code }) => code === "retained_wal");
  }

  /** It is about to be opened. While that is tried again, it says so until it succeeds. */
  begins(): void {
    if (this.current.status !== "retrying") this.#reporter.note({ ...NO_FAULT, status: "starting" });
  }

  /**
   * The position of an earlier beginning is gone, durably, before anything of this one is there. Until the source has begun anew it knows
   * nothing of that: it is told to, after a crash, too.
   */
  async beginsAnew(incarnation: number): Promise<void> {
    const { status: _, sinceMs: __, ...nothing } = firstReport(incarnation, this.#parts.clock.now());
    this.#isSnapshot = false;
    await this.#reporter.settle({ ...nothing, startsOver: true });
  }

  /** From now on what the source keeps belongs to this beginning: durable before anything is stored. */
  async begun(): Promise<void> {
    if (this.current.startsOver) await this.#reporter.settle({ startsOver: false });
  }

  opened(stream: SourceStream): void {
    this.#stream = stream;
    this.#flows({});
  }

  /** Resolves once everything that was taken is safe, or the hold ends. */
  async settled(): Promise<void> {
    if (this.#unsafe !== undefined) await this.#reporter.settle({});
  }

  closed(): void {
    this.#stream = undefined;
    this.#unsafe = undefined;
  }

  /** The batch is in the topics, durably. It is safe once its position is durable, too: so the database never forgets more than the report knows. */
  took(batch: SourceBatch, taken: ConnectorCounts): void {
    const { checkpoint, position, snapshot, isSnapshot, changes } = batch;
    this.#unsafe = batch;
    const { counts, lastChangeAtMs } = this.current;
    const last = changes.at(-1)?.timeMs;
    this.#isSnapshot = isSnapshot;
    this.#flows({
      ...{ checkpoint, position, snapshot },
      counts: {
        changes: counts.changes + taken.changes,
        duplicates: counts.duplicates + taken.duplicates,
        oversize: counts.oversize + taken.oversize,
      },
      lastChangeAtMs: last === undefined ? lastChangeAtMs : Math.max(0, Math.round(last)),
    });
  }

  retrying(fault: Fault, retryAtMs: number): void {
    const told = this.#fails(fault, "It is tried again by itself.");
    this.#reporter.note({ status: "retrying", fault: told, retryAtMs });
  }

  failed(fault: Fault): void {
    const told = this.#fails(fault, "It waits for somebody.");
    this.#reporter.note({ status: "failed", fault: told, retryAtMs: null });
  }

  paused(): void {
    this.#reporter.note({ ...NO_FAULT, status: "paused" });
  }

  /** `undefined`: it could not be measured, and is not known any more. */
  measured(connector: Connector, measure: SourceMeasure | undefined): void {
    const { lag = null, retainedBytes: kept = null } = measure ?? {};
    const retainedBytes = kept === null ? null : Math.max(0, Math.round(kept));
    // Without a position nothing has been made in the database for good yet, and nothing can be missing there.
    const missing = this.current.position === null ? [] : (measure?.warnings ?? []);
    this.#measured = [...missing, ...retainedWarning(connector, retainedBytes)];
    const known = {
      ...{ lag: lag === null ? null : wholeLag(lag), retainedBytes },
      measuredAtMs: measure === undefined ? null : this.#parts.clock.now(),
    };
    const { status } = this.current;
    if (status === "streaming" || status === "degraded") this.#flows(known);
    else this.#reporter.note({ ...known, warnings: this.#warnings() });
  }

  end(): Promise<void> {
    return this.#reporter.end();
  }

  #safe(stream: SourceStream | undefined, batch: SourceBatch | undefined): () => void {
    return () => {
      if (batch === undefined || stream !== this.#stream) return;
      stream?.safe(batch);
      if (this.#unsafe === batch) this.#unsafe = undefined;
    };
  }

  #flows(change: Partial<ConnectorReport>): void {
    const { current } = this;
    const warnings = this.#warnings();
    const position = change.position ?? current.position;
    const status = flowingStatus({ position, warnings, isSnapshot: this.#isSnapshot });
    if (current.fault !== null) this.#parts.observer.log("info", "The connector goes on.", this.#fields());
    this.#reporter.note({ ...change, ...NO_FAULT, warnings, status });
  }

  /** A new one is told to the log, once. */
  #warnings(): readonly Fault[] {
    const before = this.current.warnings;
    const { name } = this.#parts;
    const told = [...(this.#stream?.warnings() ?? []), ...this.#measured].map((warning) => faultOf(name, warning));
    const warnings = distinctFaults(told);
    for (const warning of warnings) {
      if (before.some((known) => isSameFault(known, warning))) continue;
      const { code, message, hint } = warning;
      this.#parts.observer.log("warn", message, { ...this.#fields(), code, hint });
    }
    return warnings;
  }

  #fails(given: Fault, what: string): Fault {
    const { observer, name } = this.#parts;
    const fault = faultOf(name, given);
    const { code, message, hint } = fault;
    observer.faulted(name, code);
    const { fault: before } = this.current;
    if (before === null || !isSameFault(before, fault))
      observer.log("warn", `The connector cannot go on. ${what}`, { ...this.#fields(), code, message, hint });
    return fault;
  }

  #fields() {
    return { connector: this.#parts.name };
  }
}

function wholeLag({ bytes, ms }: SourceLag): SourceLag {
  return { bytes: Math.max(0, Math.round(bytes)), ms: Math.max(0, Math.round(ms)) };
}

const NO_FAULT = { fault: null, retryAtMs: null } as const;
