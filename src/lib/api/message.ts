import { z } from "zod";
import { count, instant } from "./common.ts";
import { lineError } from "./error.ts";

/** `POST /publish/{topic}`: the body is the payload, headers carry the rest (see `headers.ts`). 200 means on disk. */
export const publishReply = z.object({
  id: z.string(),
  topic: z.string(),
  publishTime: instant,
  /** The id was published before within the window, with the same bytes; nothing was stored again. */
  duplicate: z.boolean(),
});

/**
 * One line of the answer to `POST /publish/{topic}/batch`, which is NDJSON in the order of the lines sent. `line` counts from 1,
 * blank lines included; they get no answer. 200 means that everything without an `error` is on disk.
 */
export const batchLineReply = z.union([
  publishReply.extend({ line: count }),
  z.object({ line: count, error: lineError }),
]);

export type BatchLineReply = z.output<typeof batchLineReply>;
export type PublishReply = z.output<typeof publishReply>;
