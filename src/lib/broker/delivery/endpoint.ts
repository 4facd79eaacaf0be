import type { Outcome } from "../../domain/delivery.ts";
import { observe, PROBE_PERIOD_MS, REACHABLE, type Reachability } from "../../domain/reachability.ts";
import type { Hold } from "./hold.ts";

/** Whether somebody is at the endpoint, and when the next attempt may be made while nobody is. */
export class Endpoint {
  readonly #hold: Hold;
  readonly #recovered: () => void;
  #reachability: Reachability = REACHABLE;
  #nextProbeMs = 0;

  /** `recovered` is told when somebody is there again. */
  constructor(hold: Hold, recovered: () => void) {
    this.#hold = hold;
    this.#recovered = recovered;
  }

  get isDown(): boolean {
    return this.#reachability.down !== undefined;
  }

  /** In monotonic time. */
  get nextProbeMs(): number {
    return this.#nextProbeMs;
  }

  /** Takes the next attempt, if one may be made now. */
  takeProbe(): boolean {
    const nowMs = this.#hold.clock.monotonic();
    if (nowMs < this.#nextProbeMs) return false;
    this.#nextProbeMs = nowMs + PROBE_PERIOD_MS;
    return true;
  }

  observe(outcome: Outcome): void {
    if (outcome.kind !== "connection" && this.#reachability.failures === 0) return;
    const { clock, observer, subscription } = this.#hold;
    const before = this.#reachability.down;
    this.#reachability = observe(this.#reachability, outcome, clock.now());
    const { down } = this.#reachability;
    if (before === undefined && down !== undefined) {
      this.#nextProbeMs = clock.monotonic() + PROBE_PERIOD_MS;
      const fields = { subscription: subscription.name, reason: down.reason };
      observer.log("warn", "Nobody is at the endpoint; one attempt a second is made.", fields);
    }
    if (before !== undefined && down === undefined) {
      observer.log("info", "Somebody is at the endpoint again.", { subscription: subscription.name });
      this.#recovered();
    }
  }

  /** It is another one from now on: nothing is known of it. */
  replaced(): void {
    const wasDown = this.isDown;
    this.#reachability = REACHABLE;
    if (wasDown) this.#recovered();
  }

  /** In words, while nobody is there. */
  trouble(): string | undefined {
    const { down } = this.#reachability;
    if (down === undefined) return undefined;
    return `${down.reason}; one attempt a second since ${new Date(down.sinceMs).toISOString()}`;
  }
}
