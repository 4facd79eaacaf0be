import { type Circuit, circuit, type OpenCircuit, reopened } from "../../domain/circuit.ts";
import type { Outcome } from "../../domain/delivery.ts";
import type { EndpointReport } from "../../domain/endpoint-report.ts";
import { reasonOf, type Unacknowledged } from "../../domain/reading.ts";
import { RETRY_AFTER_MS_MAX, waitOf } from "../../domain/retry-after.ts";
import { steadyWallTime } from "../../domain/steady-time.ts";
import type { Served } from "../../domain/strikes.ts";
import type { OnRejecting, Subscription } from "../../domain/subscription.ts";
import { type Window, window } from "../../domain/window.ts";
import type { ParkedEntry } from "../../engine/port.ts";
import type { Hold } from "./hold.ts";

/** A push that is under way. */
export interface Sent {
  readonly messageId: string;
  readonly ticket: number;
  readonly isProbe: boolean;
}

export interface EndpointOptions {
  readonly hold: Hold;
  readonly known: EndpointReport | undefined;
  readonly parked: readonly ParkedEntry[];
  /** Told when what was known has changed so much that the next owner must not miss it: the circuit opened or closed. */
  readonly turned: () => void;
}

/** What is known of an endpoint, and what may be sent to it: the window, the circuit, and how long the consumer asked to be left alone. */
export class Endpoint {
  readonly #hold: Hold;
  readonly #turned: () => void;
  readonly #circuit: Circuit;
  readonly window: Window;
  #attempts: number;
  #acks: number;
  /** Monotonic; 0: nobody asked for a pause. */
  #heldUntilMs: number;
  /** What was sent before this ticket tells nothing about the endpoint as it is now. */
  #newsFrom = 0;
  /** Rises with whatever a report tells. */
  #revision = 0;
  readonly #wallOf: Readonly<Record<"probe" | "held", (monotonicMs: number) => number>>;

  constructor({ hold, known, parked, turned }: EndpointOptions) {
    const at = { wallMs: hold.clock.now(), monotonicMs: hold.clock.monotonic() };
    this.#hold = hold;
    this.#wallOf = { probe: steadyWallTime(hold.clock), held: steadyWallTime(hold.clock) };
    this.#turned = turned;
    this.#circuit = circuit(known?.circuit && reopened(known.circuit, at));
    this.window = window(hold.subscription.maxInFlight, known?.window);
    const counted = [known?.served, ...parked.map(({ endpointThen }) => endpointThen)];
    this.#attempts = counted.reduce((most, each) => Math.max(most, each?.attempts ?? 0), 0);
    this.#acks = counted.reduce((most, each) => Math.max(most, each?.acks ?? 0), 0);
    const heldMs = (known?.heldUntilMs ?? 0) - at.wallMs;
    this.#heldUntilMs = heldMs <= 0 ? 0 : at.monotonicMs + Math.min(RETRY_AFTER_MS_MAX, heldMs);
  }

  get open(): OpenCircuit | undefined {
    return this.#circuit.open;
  }

  /** Of the last 30 verdicts, those that refused for good, where that is most of them. */
  get rejected(): number | undefined {
    return this.#circuit.rejected;
  }

  get served(): Served {
    return { attempts: this.#attempts, acks: this.#acks };
  }

  get revision(): number {
    return this.#revision;
  }

  /** In monotonic time; `undefined` when nobody asked for a pause, or it is over. */
  heldUntilMs(): number | undefined {
    if (this.#heldUntilMs === 0) return undefined;
    return this.#heldUntilMs > this.#hold.clock.monotonic() ? this.#heldUntilMs : undefined;
  }

  /** Whether a push that was decided on may still begin. */
  isOpenTo(isProbe: boolean): boolean {
    return (isProbe || this.#circuit.open === undefined) && this.heldUntilMs() === undefined;
  }

  isProbeDue(): boolean {
    const { open } = this.#circuit;
    return open !== undefined && open.nextProbeMs <= this.#hold.clock.monotonic();
  }

  /** A probe begins. */
  probed(): void {
    this.#circuit.probe(this.#hold.clock.monotonic());
    this.#revision += 1;
  }

  acked({ messageId, ticket, isProbe }: Sent, nowMs: number): void {
    this.#attempts += 1;
    this.#acks += 1;
    this.#revision += 1;
    this.window.clean(ticket);
    if (ticket < this.#newsFrom) return;
    const wasOpen = this.#circuit.open;
    this.#circuit.acked(messageId, isProbe, nowMs);
    if (wasOpen !== undefined && this.#circuit.open === undefined) this.#closed(wasOpen);
  }

  /** Not acknowledged. What is asked of it before this is told is about the attempts before this one. */
  failed(
    sent: Sent,
    push: { outcome: Outcome; reading: Unacknowledged; hasStrike: boolean; onRejecting: OnRejecting },
  ): void {
    const { clock } = this.#hold;
    this.#attempts += 1;
    this.#revision += 1;
    const { reading } = push;
    if (reading.kind === "failed" && reading.failure !== "answered") this.window.bad(sent.ticket);
    else this.window.clean(sent.ticket);
    if (sent.ticket < this.#newsFrom) return;
    const at = { wallMs: clock.now(), monotonicMs: clock.monotonic() };
    this.#holdFor(push.outcome, at.wallMs);
    const before = this.#circuit.open;
    this.#circuit.failed({ ...sent, ...push }, at);
    if (before?.kind !== this.#circuit.open?.kind) this.#opened();
  }

  /** Whether what comes of this push says something about the endpoint as it is now. */
  isNews({ ticket }: Sent): boolean {
    return ticket >= this.#newsFrom;
  }

  /** Follows the catalog: whoever resumes, and another address, begin anew. */
  update(before: Subscription, now: Subscription): void {
    this.window.limit(now.maxInFlight);
    const isResumed = before.state === "paused" && now.state === "active";
    const isFreed = now.onRejecting === "dead-letter" && this.#circuit.open?.kind === "rejecting";
    if (isResumed || isFreed || before.endpoint !== now.endpoint) this.#forget();
  }

  /** What the next owner shall know. */
  report(): EndpointReport {
    const { open } = this.#circuit;
    const heldUntilMs = this.heldUntilMs();
    return {
      served: this.served,
      window: this.window.state,
      ...(open === undefined ? {} : { circuit: { ...open, nextProbeMs: this.#wallOf.probe(open.nextProbeMs) } }),
      ...(heldUntilMs === undefined ? {} : { heldUntilMs: this.#wallOf.held(heldUntilMs) }),
    };
  }

  #forget(): void {
    const wasOpen = this.#circuit.open;
    this.#circuit.close();
    this.#heldUntilMs = 0;
    this.#begin();
    if (wasOpen !== undefined) this.#turned();
  }

  #begin(): void {
    this.window.restart();
    this.#newsFrom = this.window.nextTicket;
    this.#revision += 1;
  }

  #holdFor(outcome: Outcome, wallMs: number): void {
    const wait = waitOf(outcome, wallMs);
    if (wait?.scope !== "subscription") return;
    const { clock, observer, subscription } = this.#hold;
    if (this.heldUntilMs() === undefined) {
      const fields = { subscription: subscription.name, reason: reasonOf(outcome), waitMs: wait.delayMs };
      observer.log("warn", "The consumer asked to be left alone (Retry-After).", fields);
    }
    this.#heldUntilMs = Math.max(this.#heldUntilMs, clock.monotonic() + wait.delayMs);
  }

  #opened(): void {
    const { observer, subscription } = this.#hold;
    const { open } = this.#circuit;
    const fields = { subscription: subscription.name, kind: open?.kind, reason: open?.reason };
    observer.log("warn", "The circuit is open: nothing is sent but probes.", fields);
    this.#turned();
  }

  #closed({ kind, sinceMs, probes }: OpenCircuit): void {
    const { clock, observer, subscription } = this.#hold;
    const fields = { subscription: subscription.name, kind, probes, openMs: clock.now() - sinceMs };
    observer.log("info", "The circuit is closed: a probe was acknowledged.", fields);
    this.#begin();
    this.#turned();
  }
}
