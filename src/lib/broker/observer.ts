import type { FaultCode } from "../domain/connector-report.ts";
import type { Outcome } from "../domain/delivery.ts";

/** `business`: acknowledged, and the consumer says that it came to nothing. The others are kinds of failure. */
export type DeliveryResult = "ack" | "business" | Outcome["kind"];

export interface CapturedCounts {
  readonly stored: number;
  readonly duplicates: number;
  readonly oversize: number;
}

export interface RepeatCounts {
  readonly same: number;
  readonly other: number;
}

/** What happens inside, told as it happens: for metrics and the log. Nothing here may throw. */
export interface Observer {
  published(topic: string, result: "stored" | "duplicate"): void;
  scheduled(topic: string, result: "stored" | "duplicate"): void;
  /** A scheduled message is in its topic; `duplicate`: it had been there already. */
  fired(topic: string, result: "stored" | "duplicate", lateMs: number): void;
  /** Scheduled messages whose topic was deleted. */
  scheduleDropped(count: number): void;
  /** One push and what came of it. */
  delivered(subscription: string, topic: string, result: DeliveryResult, tookMs: number): void;
  /** It was a probe of an endpoint that failed before. */
  probed(subscription: string, topic: string): void;
  /** A failed delivery that counts toward the dead letter topic. */
  struck(subscription: string, topic: string): void;
  parked(subscription: string, topic: string): void;
  deadLettered(subscription: string, topic: string): void;
  /** Dead letters that are delivered once more. */
  redriven(subscription: string, topic: string, count: number): void;
  expired(subscription: string, topic: string, count: number): void;
  /** Repeats that the engine had stored: settled without a push. `other`: those with another payload than the first. */
  repeated(subscription: string, topic: string, counts: RepeatCounts): void;
  /** So many ids cannot be told from new ones any more, before their time. */
  forgotten(count: number): void;
  damaged(subscription: string, topic: string, count: number): void;
  /** Events of a connector that are durable now: new, there already, and left out because they are over the limits of a message. */
  captured(connector: string, counts: CapturedCounts): void;
  /** Something keeps a connector from its work; told again each time that it fails. */
  faulted(connector: string, code: FaultCode): void;
  /** `fields` hold no payload and no secret. */
  log(level: "info" | "warn" | "error", message: string, fields?: Readonly<Record<string, unknown>>): void;
}
