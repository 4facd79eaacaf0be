import { z } from "zod";
import { CONNECTOR_STATUSES } from "../domain/connector-report.ts";
import { count, instant } from "./common.ts";

/** `GET /admin/v1/broker`: one look at the whole. */
export const brokerReply = z.object({
  version: z.string(),
  /** The node that answered, and how many it knows of, itself among them. */
  node: z.string(),
  nodes: count,
  engine: z.enum(["memory", "embedded", "kafka"]),
  location: z.string(),
  state: z.enum(["ready", "stopping"]),
  startedAt: instant,
  uptimeMs: count,
  topics: count,
  subscriptions: z.object({ active: count, paused: count, degraded: count }),
  /** Those that are degraded and why, by name; at most 100. */
  degraded: z.array(z.object({ subscription: z.string(), reason: z.string().nullable() })),
  connectors: z.object({
    active: count,
    paused: count,
    /** Those that try again by themselves, too. */
    degraded: count,
    failed: count,
    /** Deleted, with a replication slot that could not be removed yet. */
    removing: count,
    /** Which they are and why, by name; at most 100. */
    unwell: z.array(
      z.object({
        connector: z.string(),
        /** One that works, or is paused, is here for its warnings. */
        status: z.enum([...CONNECTOR_STATUSES, "removing"]),
        reason: z.string().nullable(),
      }),
    ),
  }),
  lag: count.nullable(),
  parked: count.nullable(),
  deadLetters: count.nullable(),
  /** Messages that wait for their time. */
  scheduled: count.nullable(),
  storedBytes: count.nullable(),
  freeBytes: count.nullable(),
  rememberedIds: count,
  /** Why new messages are refused; `null` when they are not. */
  refusing: z.string().nullable(),
});

/** `GET /_/health` and `GET /_/ready`. */
export const healthReply = z.object({ status: z.enum(["ok", "starting", "stopping"]) });

export type BrokerReply = z.output<typeof brokerReply>;
export type HealthReply = z.output<typeof healthReply>;
