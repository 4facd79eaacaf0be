import type { MoveReply } from "../api/move.ts";
import { plural } from "./fields.ts";

type Planned = MoveReply & { readonly subscription: string };

/** What a move does, a line each, before it is agreed to. */
export function movePlan(move: Planned): string[] {
  const { kind, subscription, from, to, clamped, undoes } = move;
  const count = plural(move.messages ?? 0, "message");
  const lines: Record<MoveReply["kind"], string> = {
    rewind: `Rewinds ${subscription} from ${from} back to ${to}: ${count} will be delivered again.`,
    skip: `Skips what waits for ${subscription} from ${from} up to ${to}: ${count} will never be delivered.`,
    undo: `Undoes ${undoes} of ${subscription}: ${count} ${isBack(move) ? "will be delivered after all" : "will not be delivered again after all"}.`,
  };
  return [lines[kind], ...(clamped ? [`${to} is the oldest message that is kept; nothing older is there.`] : [])];
}

/** How it ended. */
export function moved(move: Planned): string {
  const { kind, subscription, job, to, messages, state } = move;
  if (state !== "done" || messages === null)
    return `The ${kind} ${job} of ${subscription} is ordered and will be made.`;
  const count = plural(messages, "message");
  if (kind === "rewind") return `Rewound ${subscription} to ${to}: ${count} will be delivered again.`;
  if (kind === "skip") return `Skipped ${subscription} to ${to}: ${count} will not be delivered.`;
  return `Undone: ${count} of ${subscription} ${isBack(move) ? "will be delivered after all" : "will not be delivered again"}.`;
}

/** The undo of a skip brings messages back; that of a rewind takes replays away. A skip goes forward, its undo back. */
function isBack({ kind, from, to }: MoveReply): boolean {
  return kind === "undo" && to < from;
}
