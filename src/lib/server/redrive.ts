import type { PurgeReply, RedriveReply } from "../api/redrive.ts";
import type { PurgeView, RedriveView } from "../broker/requests/dead-letters.ts";
import type { Some } from "./handler.ts";

export const redriveHandlers: Some<"subscriptionRedrive" | "deadLetterPurge"> = {
  subscriptionRedrive: async ({ broker, name, body }) => {
    const { job: id, maxMessages: countMax, rate: ratePerS, ...same } = body;
    return redriveReply(await broker.redrive(name, { id, countMax, ratePerS, ...same }));
  },
  deadLetterPurge: async ({ broker, name, body }) => purgeReply(await broker.purgeDeadLetters(name, body)),
};

function redriveReply({ job, matched, redriven, setAside, reasons }: RedriveView): RedriveReply {
  const state = job === null ? ("dry-run" as const) : job.state;
  return { job: job?.id ?? null, matched, redriven, state, setAside, reasons: [...reasons] };
}

function purgeReply({ reasons, ...same }: PurgeView): PurgeReply {
  return { ...same, reasons: [...reasons] };
}
