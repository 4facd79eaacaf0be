import { isSettled } from "../../src/lib/domain/cursor.ts";
import { REDRIVES_MAX } from "../../src/lib/domain/dead-letter.ts";
import type { Engine, ParkedEntry, ShardCursor } from "../../src/lib/engine/port.ts";
import type { Ledger, Letter, ModelSubscription } from "./ledger.ts";
import { ofLetters, takeLetter } from "./letters.ts";

interface Found {
  readonly cursors: readonly ShardCursor[];
  readonly entries: readonly ParkedEntry[];
  /** How the process ended, in words. */
  readonly end: string;
}

/** A redrive whose order was never durable did not happen. */
export async function learnRedrive(subscription: ModelSubscription, { catalog }: Engine): Promise<void> {
  const { redrive } = subscription;
  if (redrive !== undefined && (await catalog.get("job", redrive.job)) === undefined) subscription.redrive = undefined;
}

/** Says what is wrong, and returns those that come again although they were acknowledged. */
export function compareLetters(
  ledger: Ledger,
  subscription: ModelSubscription,
  { cursors, entries, end }: Found,
): readonly Letter[] {
  const at = cursors.find(({ shard }) => shard.topicId === subscription.errorsId)?.cursor;
  const byOffset = new Map(ofLetters(subscription, entries).map((entry) => [entry.source.offset, entry]));
  const again: Letter[] = [];
  for (const letter of subscription.letters.values()) {
    const entry = byOffset.get(letter.offset);
    const isGone = at !== undefined && isSettled(at, letter.offset);
    const say = (what: string) =>
      ledger.violations.push(`After the ${end}, the dead letter ${letter.offset} of ${subscription.name} ${what}.`);
    if (letter.state === "redriven")
      redriven(letter, { entry, isGone, say, isNew: letter.delivery.step === ledger.step }, again);
    else waiting({ ledger, subscription }, letter, { entry, isGone, say, isNew: letter.step === ledger.step });
  }
  subscription.purging = false;
  return again;
}

interface Place {
  readonly entry: ParkedEntry | undefined;
  readonly isGone: boolean;
  readonly say: (what: string) => void;
  readonly isNew: boolean;
}

function redriven({ delivery, ...letter }: Letter, { entry, isGone, say, isNew }: Place, again: Letter[]): void {
  delivery.inFlight = false;
  if (entry === undefined && !isGone) say("waits again although it was redriven");
  if (delivery.state === "dead" && entry !== undefined && entry.dying === undefined)
    say("is tried although it died again");
  if (delivery.state === "parked" && entry === undefined) say("is redriven no more");
  if (delivery.state === "parked" && entry !== undefined && entry.attempts !== delivery.attempts && !isNew)
    say(`has ${entry.attempts} attempts, not ${delivery.attempts}`);
  if (delivery.state === "dead" || entry === undefined) return;
  if (delivery.state === "acked") again.push({ ...letter, delivery });
  delivery.state = "parked";
  delivery.attempts = entry.attempts;
}

interface Known {
  readonly ledger: Ledger;
  readonly subscription: ModelSubscription;
}

function waiting({ ledger, subscription }: Known, letter: Letter, { entry, isGone, say, isNew }: Place): void {
  const isAside = entry?.redrive?.setAside === true;
  if (letter.state === "purged") {
    if (!isGone || entry !== undefined) say("is there although it was purged");
  } else if (entry !== undefined && !isAside) takeLetter(ledger, subscription, letter);
  else if (isAside && letter.count < REDRIVES_MAX) say("is set aside too soon");
  else if (isAside) letter.state = "aside";
  else if (isGone && subscription.purging) letter.state = "purged";
  else if (isGone && !isNew) say("is gone");
  else if (letter.state === "aside" && !isNew) say("is set aside no more");
}
