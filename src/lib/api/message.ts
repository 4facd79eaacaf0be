import { z } from "zod";
import { instant } from "./common.ts";

/** `POST /publish/{topic}`: the body is the payload, headers carry the rest (see `headers.ts`). 200 means on disk. */
export const publishReply = z.object({
  id: z.string(),
  topic: z.string(),
  publishTime: instant,
  /** The id was published before within the window, with the same bytes; nothing was stored again. */
  duplicate: z.boolean(),
});

export type PublishReply = z.output<typeof publishReply>;
