import { REDRIVES_MAX } from "../../domain/dead-letter.ts";
import type { DeadLetterFilter } from "../../domain/job.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { DeadLetterReason } from "../requests/dead-letters.ts";
import type { Control } from "./control.ts";
import { isMeant } from "./dead-letters.ts";
import { type FoundLetter, lettersOf, type Standing } from "./letters.ts";

/** Reasons told apart; what is beyond them is told as one. */
const REASONS_MAX = 50;
const OTHERS = "other reasons";

/** What a filter means right now. */
export interface Survey {
  /** Dead, and not set aside. */
  readonly dead: number;
  readonly setAside: number;
  /** The most frequent first; of those that are asked for. */
  readonly reasons: readonly DeadLetterReason[];
}

export interface SurveyOptions {
  readonly standing: Standing;
  readonly filter: DeadLetterFilter;
  /** Those that were redriven too often are asked for, too. */
  readonly aside: boolean;
  /** So are records that do not say why they are there: they can be purged, but not redriven. */
  readonly unreadable: boolean;
}

/** Reads every letter that is neither redriven nor purged. */
export async function survey(control: Control, subscription: Subscription, options: SurveyOptions): Promise<Survey> {
  const { standing, filter, aside, unreadable } = options;
  const counts = new Map<string, DeadLetterReason>();
  let [dead, setAside] = [0, 0];
  for await (const found of lettersOf(control, subscription, standing)) {
    if (!isMeant(filter, found) || (found.letter === undefined && !unreadable)) continue;
    const isAside = found.state === "set-aside" || (found.letter?.info.redriveCount ?? 0) >= REDRIVES_MAX;
    if (isAside) setAside += 1;
    else dead += 1;
    if (!isAside || aside) add(counts, found);
  }
  const reasons = [...counts.values()].sort((a, b) => b.count - a.count);
  return { dead, setAside, reasons };
}

function add(counts: Map<string, DeadLetterReason>, { letter }: FoundLetter): void {
  const { reason = "unknown", errorClass = "unknown", status = null } = letter?.info ?? {};
  const key = JSON.stringify([reason, errorClass, status]);
  if (counts.has(key) || counts.size < REASONS_MAX) {
    counts.set(key, { reason, class: errorClass, status, count: (counts.get(key)?.count ?? 0) + 1 });
    return;
  }
  const count = (counts.get(OTHERS)?.count ?? 0) + 1;
  counts.set(OTHERS, { reason: OTHERS, class: "unknown", status: null, count });
}
