import { z } from "zod";
import { GROUP_KINDS } from "../domain/consumer-group.ts";
import { count, switched } from "./common.ts";

/** `GET /admin/v1/groups?limit=&after=&all=&brief=`: by name. */
export const groupQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  /** The last name of the page before. */
  after: z.string().optional(),
  /** `true`: kbroker's own, for its nodes and for what runs once, too. */
  all: switched,
  /** `true`: only which there are; members, partitions and lag are `null`. */
  brief: switched,
});

const groupEntry = {
  /** As Kafka calls it. */
  name: z.string(),
  /** `subscription`: of one of kbroker's. `kbroker`: its own. `native`: of any other client of Kafka. */
  kind: z.enum(GROUP_KINDS),
  subscription: z.string().nullable(),
  /** The node of kbroker that owns it. */
  owner: z.string().nullable(),
  /** Kafka's words, such as `classic` and `Stable`; `null`: no broker says so. */
  type: z.string().nullable(),
  state: z.string().nullable(),
  /** The Kafka broker that coordinates it. */
  coordinator: z.number().int().nullable(),
  /** End − committed offset over all partitions that have one, as Kafka's own tools count; `null`: not known. */
  lag: count.nullable(),
};

export const groupListReply = z.object({
  /** `members`, `partitions`: how many; `null`: not known, or not asked for. */
  items: z.array(z.object({ ...groupEntry, members: count.nullable(), partitions: count.nullable() })),
  total: count,
  /** Give it as `after` to read on; `null` at the end. */
  next: z.string().nullable(),
  /** Kafka brokers that did not say which groups they coordinate: there may be more. */
  unheard: z.array(z.object({ broker: z.number().int(), reason: z.string() })),
});

/** `GET /admin/v1/groups/{name}`. A number that is not known is `null`. */
export const groupReply = z.object({
  ...groupEntry,
  members: z
    .array(
      z.object({
        id: z.string(),
        /** Of a static member. */
        instance: z.string().nullable(),
        client: z.string(),
        host: z.string(),
        /** How many of the partitions are its own. */
        partitions: count,
      }),
    )
    .nullable(),
  partitions: z
    .array(
      z.object({
        topic: z.string(),
        partition: count,
        /** `null`: nothing is committed. */
        committed: count.nullable(),
        end: count.nullable(),
        lag: count.nullable(),
        /** Of a subscription: how many of the lag are settled already, out of order. */
        settledAbove: count.nullable(),
        /** The member that reads it. */
        member: z.string().nullable(),
      }),
    )
    .nullable(),
});

export type GroupListReply = z.output<typeof groupListReply>;
export type GroupReply = z.output<typeof groupReply>;
