import { cursorAt } from "../../domain/cursor.ts";
import { filterAt, matches } from "../../domain/dead-letter-filter.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { DeadLetterFilter } from "../../domain/job.ts";
import { subscriptionNamed } from "../lookup.ts";
import type { DeadLetterList, DeadLetterPage } from "../requests/dead-letters.ts";
import type { Control } from "./control.ts";
import type { LetterPlace } from "./letter-index.ts";
import { deadCount, type FoundLetter, lettersOf, type Standing, standingOf } from "./letters.ts";
import { statusOf } from "./owner-status.ts";

/** A page ends here even when its count is not reached: what is listed is held in memory. */
export const PAGE_BYTES_MAX = 8 * 1024 * 1024;

interface Position {
  readonly shard: number;
  readonly offset: number;
}

/** What a subscription gave up on, oldest first within each shard; what was redriven or purged only where all is asked for. */
export async function listDeadLetters(control: Control, name: string, page: DeadLetterPage): Promise<DeadLetterList> {
  const { value: subscription } = subscriptionNamed(control.view, name);
  const after = page.after === undefined ? undefined : parsePosition(page.after);
  const filter = filterAt(page.filter ?? {}, control.clock.now());
  const all = page.all === true;
  const told = await statusOf(control, subscription);
  const standing = await standingOf(control, subscription, told?.status);
  if (standing === undefined) return { entries: [], total: 0, setAside: 0, next: null };
  const { places, setAside } = standing;
  const dead = await deadCount(control, subscription, all ? unsettled(standing) : standing);
  const total = all || dead === null ? dead : dead + (setAside ?? 0);
  const rest = { places: places.flatMap((place) => behind(place, after)), all };
  const { entries, next } = await readPage(lettersOf(control, subscription, rest), { limit: page.limit, filter });
  return { entries, total, setAside, next };
}

/** As if nothing had been redriven or purged. */
function unsettled({ places, ...same }: Standing): Standing {
  return { ...same, places: places.map((place) => ({ ...place, cursor: cursorAt(0, place.cursor) })) };
}

/** A letter that says nothing of its death matches no condition. */
export function isMeant(filter: DeadLetterFilter, { letter }: Pick<FoundLetter, "letter">): boolean {
  return letter === undefined ? Object.keys(filter).length === 0 : matches(filter, letter);
}

/** What of a shard lies behind the page before. */
function behind(place: LetterPlace, after: Position | undefined): readonly LetterPlace[] {
  if (after === undefined || after.shard < place.shard.index) return [place];
  if (after.shard > place.shard.index) return [];
  return [{ ...place, start: Math.max(place.start, after.offset + 1) }];
}

async function readPage(
  letters: AsyncIterable<FoundLetter>,
  { limit, filter }: { readonly limit: number; readonly filter: DeadLetterFilter },
): Promise<Pick<DeadLetterList, "entries" | "next">> {
  const entries: { shard: number; message: FoundLetter["message"]; state: FoundLetter["state"] }[] = [];
  let bytes = 0;
  for await (const found of letters) {
    if (!isMeant(filter, found)) continue;
    const last = entries.at(-1);
    if (last !== undefined && (entries.length >= limit || bytes >= PAGE_BYTES_MAX)) {
      return { entries, next: `${last.shard}:${last.message.offset}` };
    }
    const { shard, message, state } = found;
    entries.push({ shard: shard.index, message, state });
    bytes += message.payload.length;
  }
  return { entries, next: null };
}

function parsePosition(text: string): Position {
  const [, shard, offset] = /^(\d{1,6}):(\d{1,15})$/.exec(text) ?? [];
  if (shard !== undefined && offset !== undefined) return { shard: Number(shard), offset: Number(offset) };
  throw new KBrokerError("invalid_request", `"${text.slice(0, 100)}" is not a position in a dead letter topic.`, {
    hint: "Give the position of an entry as the list shows it: <shard>:<offset>.",
  });
}
