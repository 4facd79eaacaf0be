import type { JobReply } from "../api/job.ts";
import type { AdminClient } from "../client/admin.ts";
import { systemClock } from "../system-clock.ts";
import { plural } from "./fields.ts";

const LOOK_MS = 250;

type RedriveJobReply = Extract<JobReply, { kind: "redrive" }>;

/** Resolves once the job has ended, however it did; `tell` hears how far it is. The job does not need whoever waits for it. */
export async function redriveEnded(
  admin: AdminClient,
  id: string,
  tell: (text: string) => void,
): Promise<RedriveJobReply | undefined> {
  for (;;) {
    const job = await admin.call("jobDescribe", { name: id });
    if (job.kind !== "redrive") return undefined;
    if (job.state !== "running") return job;
    tell(`Redriving: ${job.redriven} of ${plural(job.matched, "dead letter")}`);
    await systemClock.after(LOOK_MS);
  }
}
