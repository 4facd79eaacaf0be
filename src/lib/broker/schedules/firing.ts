import type { ScheduledMessage } from "../../engine/port.ts";

/**
 * The part that publishes scheduled messages at their time: owns what the engine hands out and follows the clock by itself. Made by
 * `openFiring(deps)`.
 */
export interface Firing {
  start(): Promise<void>;
  /** Nothing is fired any more; what is under way ends. */
  stop(): Promise<void>;
  /** Something was scheduled that may be due before everything known so far. */
  scheduled(dueMs: number): void;
  /** Takes a message back before it is published, durably. Fails with `overloaded` while this node does not own the schedule. */
  cancel(topicId: string, id: string): Promise<Cancelled>;
  /** Resolves when nothing is being fired. */
  idle(): Promise<void>;
}

export type Cancelled =
  | { readonly kind: "cancelled"; readonly scheduled: ScheduledMessage }
  | { readonly kind: "absent" }
  /** Its time has come, and it is on its way into the topic. */
  | { readonly kind: "firing" };
