import { z } from "zod";
import { count, instant } from "./common.ts";

/** How an endpoint fares; each is `null` while no owner reports. */
export const endpointReply = z.object({
  /** While it is open nothing is sent but probes. What is known only then is `null` while it is closed. */
  circuit: z
    .object({
      state: z.enum(["closed", "open"]),
      /** `unreachable`: nobody is there. `failing`: it fails. `rejecting`: it refuses for good whatever it gets. */
      kind: z.enum(["unreachable", "failing", "rejecting"]).nullable(),
      since: instant.nullable(),
      /** The last failure, in words. */
      reason: z.string().nullable(),
      /** Sent since it opened. */
      probes: count,
      nextProbe: instant.nullable(),
    })
    .nullable(),
  /** How many pushes there may be at once. */
  window: count.nullable(),
  /** The consumer asked to be left alone until then; `null` where it did not. */
  heldUntil: instant.nullable(),
});

export type EndpointReply = z.output<typeof endpointReply>;
