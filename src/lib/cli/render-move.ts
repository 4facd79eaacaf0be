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
    undo: `Undoes ${undoes} of ${subscription}: ${undone(move)}.`,
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
  return `Undone for ${subscription}: ${undone(move)}.`;
}

function undone(move: MoveReply): string {
  const count = plural(move.messages ?? 0, "message");
  if (isBack(move)) return `${count} will be delivered after all`;
  return move.messages === 0
    ? "everything has been delivered again already, so that nothing changes for the consumer"
    : `${count} that would have been delivered again will not be`;
}

/** The undo of a skip brings messages back; that of a rewind takes replays away. A skip goes forward, its undo back. */
function isBack({ kind, from, to }: MoveReply): boolean {
  return kind === "undo" && to < from;
}
