import type { Topic } from "../src/lib/domain/topic.ts";

export const SCHEDULED_BYTES = 1_024;

export const TOPIC: Topic = {
  name: "orders",
  id: "bench-orders",
  visibility: "private",
  purpose: "messages",
  ttlMs: 604_800_000,
  createdAtMs: 0,
};
