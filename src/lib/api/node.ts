import { z } from "zod";
import { ROLES } from "../domain/node.ts";
import { instant } from "./common.ts";

/** `GET /admin/v1/nodes`: who works on this storage. A broker that is alone names itself. */
export const nodeListReply = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      /** Where the other nodes reach it; `null`: nowhere. */
      url: z.string().nullable(),
      roles: z.array(z.enum(ROLES)),
      since: instant,
      /** The node that answered. */
      self: z.boolean(),
      /** What has one owner at a time. `control`: what changes topics and subscriptions, and runs once a minute. */
      owns: z.array(
        z.object({
          kind: z.enum(["control", "subscription", "connector", "schedules"]),
          name: z.string(),
          since: instant,
        }),
      ),
    }),
  ),
});

export type NodeListReply = z.output<typeof nodeListReply>;
