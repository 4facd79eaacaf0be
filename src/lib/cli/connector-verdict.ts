import type { ConnectorReply } from "../api/connector.ts";
import { bytesText } from "../domain/bytes-text.ts";
import { formatDuration } from "../domain/duration.ts";
import { shellQuote } from "./shell.ts";
import { snapshotShare } from "./snapshot-share.ts";

export interface ConnectorVerdict {
  readonly text: string;
  readonly tone: "green" | "yellow" | "red";
  /** What to do now, one a line; a command where one does it. */
  readonly steps: readonly string[];
}

/** An owner tells more often than this, whatever its status: what is older says how it was. */
const STALE_MS = 60_000;

/** The sentence for somebody who was woken up: does it work, and if not, what is the matter and what is to be done. */
export function connectorVerdict(connector: ConnectorReply, nowMs: number): ConnectorVerdict {
  const { asOf, warnings } = connector;
  const verdict = byStatus(connector, nowMs);
  const ageMs = asOf === null ? 0 : nowMs - Date.parse(asOf);
  const stale = `The node that runs it has told nothing for ${formatDuration(ageMs)}; what follows is how it was.`;
  const warned = warnings.map(({ message }) => `Warning: ${message}`);
  const isStale = ageMs > STALE_MS;
  const text = [...(isStale ? [stale] : []), verdict.text, ...warned].join("\n");
  const tone = verdict.tone === "green" && (isStale || warned.length > 0) ? "yellow" : verdict.tone;
  const steps = [...(isStale ? ["kbroker broker status"] : []), ...verdict.steps, ...warnings.map(({ hint }) => hint)];
  return { text, tone, steps: [...new Set(steps)] };
}

function byStatus(connector: ConnectorReply, nowMs: number): ConnectorVerdict {
  const { name, state, status, retainedBytes } = connector;
  if (state === "paused" && status !== "paused" && status !== "unknown")
    return { text: "Is about to pause.", tone: "yellow", steps: [] };
  if (state === "active" && status === "paused") return { text: "Is about to go on.", tone: "yellow", steps: [] };
  switch (status) {
    case "streaming":
      return { text: `Works: ${behindText(connector)}.`, tone: "green", steps: [] };
    case "degraded":
      return { text: `Changes flow, ${behindText(connector)}, but something is wrong.`, tone: "yellow", steps: [] };
    case "snapshot":
      return {
        text: `Works: ${snapshotText(connector)}; what changes meanwhile comes after.`,
        tone: "green",
        steps: [],
      };
    case "starting":
      return { text: "Is starting: nothing is read yet.", tone: "yellow", steps: [] };
    case "unknown":
      return { text: "No node has told anything of it yet.", tone: "yellow", steps: ["kbroker broker status"] };
    case "paused": {
      if (!isKept(connector)) return { text: "Paused, and what changes is not kept.", tone: "red", steps: [] };
      const soFar = retainedBytes === null ? "how much is not known" : `${bytesText(retainedBytes)} so far`;
      const text = `Paused: the database keeps what changes, ${soFar}; nothing is lost.`;
      return { text, tone: "yellow", steps: [`kbroker connector resume ${shellQuote(name)}`] };
    }
    case "retrying":
    case "failed":
      return stopped(connector, nowMs);
  }
}

/** A slot that is gone keeps nothing, and what is written without a publication cannot be read. */
function isKept({ fault, warnings }: ConnectorReply): boolean {
  return ![fault, ...warnings].some((one) => one?.code === "slot_lost" || one?.code === "publication_missing");
}

function stopped(connector: ConnectorReply, nowMs: number): ConnectorVerdict {
  const { status, fault, retryAt } = connector;
  const what = fault?.message ?? "No reason was given.";
  const inMs = retryAt === null ? 0 : Date.parse(retryAt) - nowMs;
  const again = `It is tried again by itself ${inMs <= 0 ? "now" : `in ${formatDuration(inMs)}`}.`;
  const waits = `It waits for you; ${isKept(connector) ? "the database keeps what changes" : "what changes meanwhile is not kept"}.`;
  const then = status === "retrying" ? again : waits;
  return { text: `Does not work: ${what}\n${then}`, tone: "red", steps: fault === null ? [] : [fault.hint] };
}

/** "up to date", "1.2 MiB and 3s behind". */
function behindText({ lagBytes, lagMs }: Pick<ConnectorReply, "lagBytes" | "lagMs">): string {
  if (lagBytes === null) return "how far behind is not known";
  if (lagBytes === 0) return "up to date";
  return `${bytesText(lagBytes)}${(lagMs ?? 0) === 0 ? "" : ` and ${formatDuration(lagMs ?? 0)}`} behind`;
}

function snapshotText({ snapshotProgress }: ConnectorReply): string {
  const share = snapshotShare(snapshotProgress ?? []);
  return `reads the rows that were there${share === undefined ? "" : `, ${share} % of them read`}`;
}
