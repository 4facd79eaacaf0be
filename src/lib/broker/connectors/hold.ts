import type { Connector } from "../../domain/connector.ts";
import { connectorRetryMs } from "../../domain/connector-status.ts";
import { messageOf } from "../../domain/error.ts";
import type { Ownership } from "../../engine/port.ts";
import { every } from "../every.ts";
import { Abandoned } from "./append-in-order.ts";
import { believedReport } from "./believed.ts";
import type { ConnectorHoldDeps, HoldParts } from "./hold-deps.ts";
import { measure } from "./measure.ts";
import { read } from "./reading.ts";
import { sourceErrorOf } from "./source-error.ts";
import { Standing } from "./standing.ts";
import { aborted, untilAborted } from "./until.ts";

/** One hold on one connector, from acquired to released: reads while it shall, rests while it is paused or failed, measures all the time. */
export class ConnectorHold {
  readonly #parts: HoldParts;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();
  readonly #running: Promise<void>;
  /** Ends what is done for one form of the document. */
  #session = new AbortController();
  #connector: Connector;
  /** In a row: nothing new was stored since the first of them. */
  #failures = 0;
  #released: Promise<void> | undefined;

  constructor(deps: ConnectorHoldDeps, ownership: Ownership, connector: Connector) {
    const { name } = connector;
    this.#connector = connector;
    this.#parts = { ...deps, ownership, name, lost: this.#lost.signal, superseded: () => this.#superseded() };
    this.#running = this.#run();
  }

  get epoch(): number {
    return this.#parts.ownership.epoch;
  }

  /** What cannot be changed while a stream is open makes it open anew. */
  update(connector: Connector): void {
    const { state, generation, incarnation } = this.#connector;
    const stays =
      connector.state === state && connector.generation === generation && connector.incarnation === incarnation;
    this.#connector = connector;
    if (!stays) this.#session.abort();
  }

  /** What was read becomes durable, the source is told, the report is the last. Asking twice is asking once. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  /** Stops at once: declares nothing safe, appends nothing, reports nothing. */
  lose(): void {
    this.#lost.abort();
    this.#end();
  }

  #end(): void {
    this.#ended.abort();
    this.#session.abort();
  }

  #stored(): void {
    this.#failures = 0;
  }

  #superseded(): void {
    this.#parts.observer.log("warn", "The connector has a newer owner.", { connector: this.#parts.name });
    this.lose();
  }

  async #release(): Promise<void> {
    const { clock, limits, observer, name } = this.#parts;
    this.#end();
    const inTime = new AbortController();
    const late = clock.after(limits.releaseMs, inTime.signal);
    const isLate = await Promise.race([this.#running.then(() => false), late.then(() => true)]);
    inTime.abort();
    if (!isLate) return;
    this.#lost.abort();
    observer.log("warn", "The connector does not stop in time: what it has under way is left.", { connector: name });
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const standing = await this.#begin();
    if (standing === undefined) return;
    this.#measureOn(standing);
    while (!this.#ended.signal.aborted) {
      this.#session = new AbortController();
      await this.#follow(standing, this.#connector, this.#session.signal);
    }
    await standing.end();
  }

  /** Does what one form of the document asks for, until `signal` aborts. */
  async #follow(standing: Standing, connector: Connector, signal: AbortSignal): Promise<void> {
    const { incarnation, state } = connector;
    this.#failures = 0;
    standing.turns();
    if (standing.current.incarnation < incarnation) await untilAborted(standing.beginsAnew(incarnation), signal);
    if (signal.aborted) return;
    if (state === "active") return this.#work(standing, connector, signal);
    standing.paused();
    await aborted(signal);
  }

  /** Without the position nothing can be done; it is asked for until it is there. */
  async #begin(): Promise<Standing | undefined> {
    const { clock, observer, limits, name } = this.#parts;
    const { signal } = this.#ended;
    let told = "";
    while (!signal.aborted) {
      try {
        return new Standing(this.#parts, await believedReport(this.#parts, this.#connector));
      } catch (error) {
        const text = messageOf(error);
        if (text !== told)
          observer.log("error", "The connector cannot begin; it is tried again.", { connector: name, error: text });
        told = text;
        await clock.after(limits.retryMs, signal);
      }
    }
    return undefined;
  }

  /** Until `signal` aborts: a failure that may pass is tried again later, after any other it waits for a change of the document. */
  async #work(standing: Standing, connector: Connector, signal: AbortSignal): Promise<void> {
    const { clock, random, limits } = this.#parts;
    while (!signal.aborted) {
      const sinceMs = clock.monotonic();
      try {
        standing.begins();
        await read({
          ...this.#parts,
          standing,
          connector,
          signal,
          newest: () => this.#connector,
          stored: () => this.#stored(),
        });
      } catch (error) {
        if (error instanceof Abandoned) return;
        const { fault, passes } = sourceErrorOf(this.#parts, error);
        if (signal.aborted) return;
        if (clock.monotonic() - sinceMs >= limits.steadyMs) this.#failures = 0;
        this.#failures += 1;
        if (passes) {
          const delayMs = connectorRetryMs({ code: fault.code, failures: this.#failures, random: random() });
          standing.retrying(fault, clock.now() + delayMs);
          await clock.after(delayMs, signal);
        } else {
          standing.failed(fault);
          await aborted(signal);
        }
      }
    }
  }

  #measureOn(standing: Standing): void {
    const { clock, limits } = this.#parts;
    const { signal } = this.#ended;
    const pass = async () => {
      const connector = this.#connector;
      const measured = await measure(this.#parts, connector, signal);
      // What was measured for another form of the document says nothing of this one.
      const { generation, incarnation } = this.#connector;
      const isOther = connector.generation !== generation || connector.incarnation !== incarnation;
      if (!signal.aborted && !isOther) standing.measured(this.#connector, measured);
    };
    const report = (error: unknown) => void sourceErrorOf(this.#parts, error);
    void every({ clock, periodMs: limits.measurePeriodMs, pass, signal, report });
  }
}
