import type { PurgeReply, RedriveReply } from "../api/redrive.ts";
import { countText, plural } from "./fields.ts";

export interface RedrivePlan extends Pick<RedriveReply, "matched" | "setAside" | "reasons"> {
  readonly subscription: string;
  readonly countMax: number | undefined;
  readonly includeSetAside: boolean;
}

/** What a redrive does, a line each, and why the messages died. */
export function redrivePlan({ subscription, matched, countMax, ...rest }: RedrivePlan): string[] {
  const count = Math.min(matched, countMax ?? matched);
  const oldest = count < matched ? `the oldest ${countText(count)} of ` : "";
  return [
    `Delivers ${oldest}${plural(matched, "dead letter")} once more, to ${subscription} only.`,
    ...reasonLines(rest.reasons),
    ...(rest.setAside > 0 && !rest.includeSetAside ? [asideLine(rest.setAside)] : []),
  ];
}

export function purgePlan({ subscription, matched, setAside, reasons }: PurgeReply): string[] {
  const aside = setAside === 0 ? "" : `, ${countText(setAside)} of them set aside`;
  return [`Lets go of ${plural(matched, "dead letter")} of ${subscription} for good${aside}.`, ...reasonLines(reasons)];
}

function reasonLines(reasons: RedriveReply["reasons"]): string[] {
  return reasons.map(({ reason, class: errorClass, status, count }) => {
    return `${countText(count)} × ${reason} (${errorClass}${status === null ? "" : `, status ${status}`})`;
  });
}

function asideLine(count: number): string {
  const [them, were] = count === 1 ? ["it", "was"] : ["them", "were"];
  return `Leaves ${plural(count, "dead letter")} that ${were} redriven too often; --include-set-aside takes ${them}, too.`;
}

/** How it ended. */
export function redriven({ job, redriven: count, matched, state }: RedriveReply): string {
  const far = `${countText(count)} of ${plural(matched, "dead letter")}`;
  if (state === "running") return `Redrive ${job} is running: ${far} so far.`;
  if (state === "done") return `Redriven ${far}.`;
  return `Redrive ${job} was ${state === "cancelled" ? "cancelled" : "given up"} after ${far}.`;
}
