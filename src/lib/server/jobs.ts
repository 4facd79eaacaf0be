import type { JobReply } from "../api/job.ts";
import type { JobView } from "../broker/requests/jobs.ts";
import { isMove, type JobHead } from "../domain/job.ts";
import { instant, instantOrNull, type Some } from "./handler.ts";

export const jobHandlers: Some<"jobList" | "jobDescribe" | "jobCancel"> = {
  jobList: async ({ broker, query }) => ({ items: (await broker.listJobs(query)).map(jobReply) }),
  jobDescribe: async ({ broker, name }) => jobReply(await broker.describeJob(name)),
  jobCancel: async ({ broker, name }) => jobReply(await broker.cancelJob(name)),
};

function jobReply({ job, remaining, undoableUntilMs }: JobView): JobReply {
  const head = { ...headOf(job), rate: job.ratePerS };
  if (!isMove(job)) {
    const { kind, matched, redriven, countMax, includeSetAside } = job;
    return { ...head, kind, matched, redriven, countMax, includeSetAside };
  }
  const { kind, clamped, messages } = job;
  const times = { from: instant(job.fromMs), to: instant(job.toMs), undoableUntil: instantOrNull(undoableUntilMs) };
  return { ...head, kind, ...times, clamped, messages, remaining, undoes: job.undone?.job ?? null };
}

function headOf({ id, state, subscription, createdAtMs, endedAtMs, error }: JobHead) {
  const times = { createdAt: instant(createdAtMs), endedAt: instantOrNull(endedAtMs) };
  return { name: id, id, state, subscription, ...times, error };
}
