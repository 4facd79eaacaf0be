import type { FastifyInstance } from "fastify";
import type { BatchLineReply } from "../api/message.ts";
import type { BatchResult } from "../broker/requests/publish.ts";
import type { Code } from "../domain/error.ts";
import { instant } from "./handler.ts";
import { brokerToChange, type PhaseHolder } from "./phase.ts";

const NO_BODY = new Uint8Array();

interface BatchRoute {
  readonly Params: { readonly topic: string };
  readonly Body: Uint8Array | undefined;
}

/** NDJSON in, NDJSON out: 200 once every line was judged and all that was taken is on disk, whatever became of each. */
export function publishBatchRoute(
  app: FastifyInstance,
  { phase, refused }: { readonly phase: PhaseHolder; readonly refused: (code: Code) => void },
): void {
  app.post<BatchRoute>("/publish/:topic/batch", async ({ params, body: batch = NO_BODY }, reply) => {
    const results = await brokerToChange(phase).publishBatch({ topic: params.topic, batch });
    for (const result of results) if ("error" in result) refused(result.error.code);
    reply.header("content-type", "application/x-ndjson; charset=utf-8").header("cache-control", "no-store");
    return results.map((result) => `${JSON.stringify(lineReply(result))}\n`).join("");
  });
}

function lineReply(result: BatchResult): BatchLineReply {
  if ("published" in result) {
    const { id, topic, publishTimeMs, duplicate } = result.published;
    return { line: result.line, id, topic, publishTime: instant(publishTimeMs), duplicate };
  }
  const { code, message, hint, problems } = result.error;
  const optional = { ...(hint !== undefined && { hint }), ...(problems !== undefined && { problems: [...problems] }) };
  return { line: result.line, error: { code, message, ...optional } };
}
