import type { Outcome } from "../domain/delivery.ts";

/** `business`: acknowledged, and the consumer says that it came to nothing. The others are kinds of failure. */
export type DeliveryResult = "ack" | "business" | Outcome["kind"];

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
  damaged(subscription: string, topic: string, count: number): void;
  /** `fields` hold no payload and no secret. */
  log(level: "info" | "warn" | "error", message: string, fields?: Readonly<Record<string, unknown>>): void;
}
