import { z } from "zod";
import { count, instant } from "./common.ts";

/** `POST /admin/v1/topics/{name}/schema`: `definition` is the JSON text of a JSON Schema (2020-12), kept as it is. */
export const schemaCreateBody = z.strictObject({ definition: z.string() });

export const schemaReply = z.object({
  /** The topic's name: a schema belongs to one topic. */
  name: z.string(),
  topic: z.string(),
  version: count,
  definition: z.string(),
  createdAt: instant,
});

export type SchemaReply = z.output<typeof schemaReply>;
