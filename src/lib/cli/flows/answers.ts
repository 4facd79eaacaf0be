import { formatDuration, parseDurationMs } from "../../domain/duration.ts";
import { KBrokerError } from "../../domain/error.ts";
import { parseInstantMs } from "../../domain/instant.ts";
import { conflictKey, type NameKind, nameProblem } from "../../domain/names.ts";
import { permanentStatusProblem } from "../../domain/permanent-status.ts";
import { RETRY_DELAY_MS_MAX, RETRY_DELAYS_MAX } from "../../domain/retry.ts";
import type { AnswerProblem } from "../prompter.ts";

/** A name that can be given, and is not. */
export function freeName(kind: NameKind, taken: readonly string[]): AnswerProblem {
  return (answer) => {
    const twin = taken.find((name) => conflictKey(name) === conflictKey(answer));
    if (twin === undefined) return nameProblem(kind, answer);
    return twin === answer ? `A ${kind} "${twin}" exists.` : `"${answer}" and the existing "${twin}" are too alike.`;
  };
}

export interface Bounds {
  readonly minMs: number;
  readonly maxMs: number;
}

export function durationWithin({ minMs, maxMs }: Bounds): (answer: string) => string | undefined {
  return (answer) => {
    const ms = parseDurationMs(answer);
    if (ms === undefined) return `"${answer}" is not a duration. Write a number and a unit: 500ms, 30s, 5m, 2h, 3d.`;
    if (ms >= minMs && ms <= maxMs) return undefined;
    return `Between ${formatDuration(minMs)} and ${formatDuration(maxMs)}.`;
  };
}

export function retryDelays(answer: string): string | undefined {
  const delays = splitList(answer);
  if (delays.length > RETRY_DELAYS_MAX) return `At most ${RETRY_DELAYS_MAX} delays.`;
  const within = durationWithin({ minMs: 1, maxMs: RETRY_DELAY_MS_MAX });
  return delays.map(within).find((problem) => problem !== undefined);
}

/** "1s, 5s" → ["1s", "5s"]. */
export function splitList(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}

/** "400, 422" → [400, 422]; "none" → []. Fails with `usage` for what is no status that can be final. */
export function statuses(text: string): number[] {
  const problem = permanentStatuses(text);
  if (problem === undefined) return text === "none" ? [] : splitList(text).map(Number);
  throw new KBrokerError("usage", `--permanent-status ${text}: ${problem}`, {
    hint: "Give the statuses with commas between: --permanent-status 400,422",
  });
}

export function permanentStatuses(answer: string): string | undefined {
  if (answer === "none") return undefined;
  const all = splitList(answer);
  const odd = all.find((part) => !/^\d+$/.test(part));
  if (odd !== undefined) return `"${odd}" is no status.`;
  return all.map((part) => permanentStatusProblem(Number(part))).find((problem) => problem !== undefined);
}

export function httpUrl(answer: string): string | undefined {
  if (!URL.canParse(answer)) return "Write the whole address, such as http://127.0.0.1:9000/events.";
  const { protocol } = new URL(answer);
  return protocol === "http:" || protocol === "https:" ? undefined : "The address starts with http:// or https://.";
}

export function startOfReading(answer: string): string | undefined {
  const known = answer === "latest" || answer === "beginning";
  if (known || parseDurationMs(answer) !== undefined) return undefined;
  const timeMs = parseInstantMs(answer);
  if (timeMs !== undefined) return timeMs <= Date.now() ? undefined : "That time is still to come.";
  return 'Write how long ago ("2h"), or a time such as 2026-01-31T08:00:00Z.';
}

export function wholeNumberWithin(min: number, max: number): (answer: string) => string | undefined {
  return (answer) => {
    const number = /^\d+$/.test(answer) ? Number(answer) : Number.NaN;
    return number >= min && number <= max ? undefined : `A whole number between ${min} and ${max}.`;
  };
}
