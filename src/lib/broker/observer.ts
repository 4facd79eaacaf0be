import type { Outcome } from "../domain/delivery.ts";

/** What happens inside, told as it happens: for metrics and the log. Nothing here may throw. */
export interface Observer {
  published(topic: string, result: "stored" | "duplicate"): void;
  scheduled(topic: string, result: "stored" | "duplicate"): void;
  /** A scheduled message is in its topic; `duplicate`: it had been there already. */
  fired(topic: string, result: "stored" | "duplicate", lateMs: number): void;
  /** Scheduled messages whose topic was deleted. */
  scheduleDropped(count: number): void;
  /** One push and what came of it; `result` is `ack` or the kind of failure. */
  delivered(subscription: string, topic: string, result: "ack" | Outcome["kind"], tookMs: number): void;
  parked(subscription: string, topic: string): void;
  deadLettered(subscription: string, topic: string): void;
  /** Dead letters that are delivered once more. */
  redriven(subscription: string, topic: string, count: number): void;
  expired(subscription: string, topic: string, count: number): void;
  damaged(subscription: string, topic: string, count: number): void;
  /** `fields` hold no payload and no secret. */
  log(level: "info" | "warn" | "error", message: string, fields?: Readonly<Record<string, unknown>>): void;
}
