import { Bag } from "../domain/bag.ts";
import type { Clock } from "../domain/clock.ts";
import type { Exchange } from "./exchange.ts";

/** Deadlines are looked at this often; an answer may take so much longer before it counts as missing. */
const DEADLINE_TICK_MS = 100;

/** The exchanges that run: what ends them when their time is over, their caller's signal aborts, or the outbox closes. */
export interface Running {
  add(exchange: Exchange): void;
  delete(exchange: Exchange): void;
  /** Ends them all. */
  close(): void;
}

/** One timer for all and one listener a signal: a timer and a listener for each would cost as much as the request. */
export function runningExchanges(clock: Clock): Running {
  const running = new Bag<Exchange>();
  const heard = new WeakSet<AbortSignal>();
  let ticking = false;

  async function tick(): Promise<void> {
    ticking = true;
    while (running.size > 0) {
      await clock.after(DEADLINE_TICK_MS);
      const nowMs = clock.monotonic();
      for (const exchange of running.all()) exchange.check(nowMs);
    }
    ticking = false;
  }

  function endAll(reason: string, only?: AbortSignal): void {
    for (const exchange of running.all()) if (only === undefined || exchange.signal === only) exchange.end(reason);
  }

  return {
    add(exchange) {
      const { signal } = exchange;
      running.add(exchange);
      if (!heard.has(signal)) {
        heard.add(signal);
        signal.addEventListener("abort", () => endAll("its caller stopped waiting", signal), { once: true });
      }
      if (!ticking) void tick();
    },
    delete: (exchange) => running.delete(exchange),
    close: () => endAll("the broker is stopping"),
  };
}
