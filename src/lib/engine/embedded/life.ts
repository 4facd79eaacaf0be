import type { Clock } from "../../domain/clock.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Report } from "../../domain/report.ts";
import type { FailStop } from "./fault.ts";

/** From open to closed: the periodic work while it is open, and an end that is reached once. */
export interface Life {
  /** Throws once the engine takes nothing any more. */
  checkOpen(): void;
  /** `letGo` while everything still works; then nothing is taken any more, and each of `steps` is done whatever the others do. */
  end(letGo: () => Promise<void>, steps: readonly (() => Promise<void>)[]): Promise<void>;
}

export interface LifeOptions {
  readonly clock: Clock;
  readonly periodMs: number;
  readonly failStop: FailStop;
  readonly report: Report;
  /** The periodic work. */
  readonly pass: () => Promise<void>;
}

export function createLife({ clock, periodMs, failStop, report, pass }: LifeOptions): Life {
  const ending = new AbortController();
  const { signal } = ending;
  const periodic = repeat();
  let ended: Promise<void> | undefined;

  async function repeat(): Promise<void> {
    while (!signal.aborted && failStop.failure === undefined) {
      await clock.after(periodMs, signal);
      if (!signal.aborted) await attempt("The periodic work of the engine", pass);
    }
  }

  /** What a fail-stop has told already is not told again. */
  async function attempt(what: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (cause) {
      if (cause !== failStop.failure) report("error", `${what} failed.`, { cause: String(cause) });
    }
  }

  async function run(letGo: () => Promise<void>, steps: readonly (() => Promise<void>)[]): Promise<void> {
    await attempt("Letting go of what is owned", letGo);
    ending.abort();
    await periodic;
    for (const step of steps) await attempt("Closing the engine", step);
  }

  return {
    checkOpen() {
      failStop.check();
      if (signal.aborted) throw new KBrokerError("broker_stopping", "The broker is stopping: nothing was kept.");
    },
    end(letGo, steps) {
      ended ??= run(letGo, steps);
      return ended;
    },
  };
}
