import { z } from "zod";
import { count, instant } from "./common.ts";
import { endpointReply } from "./endpoint.ts";

/**
 * `GET /admin/v1/subscriptions/{name}/lag`. Lag is Σ(end − max(low, start) − settled above low) + parked. What only the owner
 * knows is `null` while no owner reports; never 0.
 */
export const lagReply = z.object({
  subscription: z.string(),
  topic: z.string(),
  state: z.enum(["active", "paused"]),
  health: z.enum(["ok", "degraded", "unknown"]),
  healthReason: z.string().nullable(),
  ...endpointReply.shape,
  lag: count.nullable(),
  inFlight: count.nullable(),
  parked: count.nullable(),
  /** When the first parked message is due; `null` when none is parked. */
  nextAttempt: instant.nullable(),
  expired: count.nullable(),
  damaged: count.nullable(),
  /** Neither redriven nor purged nor set aside. */
  deadLetters: count.nullable(),
  /** Dead letters that were redriven too often. */
  setAside: count.nullable(),
  /** Messages of the topic that wait for their time. */
  scheduled: count.nullable(),
  oldestUndelivered: z.object({ publishTime: instant, ageMs: count }).nullable(),
  rates: z.object({ publishPerS: z.number(), ackPerS: z.number(), windowS: z.literal(60) }).nullable(),
  /** Lag over the rate at which it falls; `null` when it does not fall or that is not known. */
  drainMs: count.nullable(),
  asOf: instant,
  owner: z.string().nullable(),
  shards: z.array(z.object({ shard: count, start: count, low: count, end: count, lag: count })),
});

export type LagReply = z.output<typeof lagReply>;
