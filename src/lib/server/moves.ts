import type { MoveReply } from "../api/move.ts";
import type { MoveView } from "../broker/requests/jobs.ts";
import { instant, type Some } from "./handler.ts";

export const moveHandlers: Some<"subscriptionRewind" | "subscriptionSkip" | "subscriptionUndo"> = {
  subscriptionRewind: async ({ broker, name, body: { rate, ...request } }) =>
    moveReply(await broker.rewind(name, { ...request, ratePerS: rate })),
  subscriptionSkip: async ({ broker, name, body }) => moveReply(await broker.skip(name, body)),
  subscriptionUndo: async ({ broker, name, body }) => moveReply(await broker.undoMove(name, body)),
};

function moveReply({ job, isOrdered }: MoveView): MoveReply {
  const { id, kind, state, clamped, messages, undone } = job;
  const times = { from: instant(job.fromMs), to: instant(job.toMs) };
  const shards = job.targets.map(({ shard, offset }) => ({ shard, offset }));
  return { job: isOrdered ? id : null, kind, state, ...times, messages, clamped, undoes: undone?.job ?? null, shards };
}
