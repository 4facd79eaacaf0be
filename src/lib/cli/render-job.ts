import type { JobReply } from "../api/job.ts";
import type { Paint } from "./colour.ts";
import { countText, type Field, fieldsText, plural } from "./fields.ts";
import type { ListView } from "./list-view.ts";

export const jobView: ListView<JobReply> = {
  columns: [
    { head: "ID", text: ({ id }) => id },
    { head: "KIND", text: ({ kind }) => kind },
    { head: "SUBSCRIPTION", text: ({ subscription }) => subscription },
    { head: "STATE", text: ({ state }) => state },
    { head: "PROGRESS", text: progressText },
    { head: "CREATED", text: ({ createdAt }) => createdAt },
    { head: "ENDED", text: ({ endedAt }) => endedAt ?? "", wide: true },
    { head: "ERROR", text: ({ error }) => error ?? "", wide: true },
  ],
  empty: "There is no job. One begins with kbroker subscription rewind, skip or redrive.",
};

/** How far it is, in words. */
export function progressText(job: JobReply): string {
  if (job.kind === "redrive") return `${countText(job.redriven)} of ${plural(job.matched, "dead letter")}`;
  if (job.messages === null) return "not made yet";
  const all = plural(job.messages, "message");
  return job.remaining === null || job.remaining === 0 ? all : `${all}, ${countText(job.remaining)} to come`;
}

export function renderJob(job: JobReply, paint: Paint): string {
  const moves: Field[] = job.kind === "redrive" ? [] : moveFields(job);
  const fields: Field[] = [
    ["subscription", job.subscription],
    ["progress", progressText(job)],
    ...moves,
    ["rate", job.rate === null ? "not limited" : `${job.rate}/s`],
    ["created", job.createdAt],
    ["ended", job.endedAt ?? "not yet"],
    ...(job.error === null ? [] : [["error", job.error] as const]),
  ];
  const state = job.state === "failed" ? paint.red(job.state) : paint.bold(job.state);
  return `${paint.bold(job.id)} ${job.kind}, ${state}\n${fieldsText(fields, paint)}`;
}

function moveFields(job: Exclude<JobReply, { kind: "redrive" }>): Field[] {
  return [
    ["from", job.from],
    ["to", job.clamped ? `${job.to}, the oldest message that is kept` : job.to],
    ...(job.undoes === null ? [] : [["undoes", job.undoes] as const]),
    ...(job.undoableUntil === null ? [] : [["undo until", job.undoableUntil] as const]),
  ];
}
