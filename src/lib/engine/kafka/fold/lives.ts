import type { DocumentRecord } from "./document-record.ts";

/** A record that may be cleared some day. */
export interface Place {
  readonly version: number;
  readonly nonce: string;
}

/** From a creation on to the deletion. */
export interface Life {
  /** The creation's. */
  readonly nonce: string;
  readonly offset: number;
  /** Of those with the highest version the first in the log. */
  head: Place & { readonly offset: number };
  value: unknown;
  isOver: boolean;
  /** What was replaced, or came too late. */
  rest: Place[];
}

/** What the log holds of one name. */
export interface Lives {
  /** In the order of their creations. */
  all: Life[];
  /** They go on from creations that are not there any more. */
  orphans: Place[];
}

/**
 * What a set of records means, whatever was compacted away. Of creations the first in the log wins that finds no document there; a document
 * is what the first record with its highest version says. This holds for every rest of a log that compaction may leave, because records
 * are cleared in this order only: what was replaced or lost any time; creations that lost before the deletion's creation, which they lost
 * to; that one before the deletion itself. So whoever does not see a deletion does not see, at the end of the log, its creation either.
 */
function winnersOf({ all }: Lives): readonly Life[] {
  const winners: Life[] = [];
  let until = -1;
  for (const life of all) {
    if (life.offset <= until) continue;
    winners.push(life);
    until = life.isOver ? life.head.offset : Number.POSITIVE_INFINITY;
  }
  return winners;
}

export function currentOf(lives: Lives): Life | undefined {
  const last = winnersOf(lives).at(-1);
  return last?.isOver === true ? undefined : last;
}

/** `true`: it did what it was written for. */
export function applyRecord(lives: Lives, { version, nonce, change }: DocumentRecord, offset: number): boolean {
  const place = { version, nonce, offset };
  if (change.op === "create") return create(lives, place, change.value);
  if (change.op === "update") return goOn(lives, place, { of: change.of, value: change.value, isOver: false });
  if (change.op === "delete") return goOn(lives, place, { of: change.of, value: undefined, isOver: true });
  clear(lives, nonce);
  return false;
}

function create(lives: Lives, head: Life["head"], value: unknown): boolean {
  const life = { nonce: head.nonce, offset: head.offset, head, value, isOver: false, rest: [] };
  lives.all.push(life);
  return winnersOf(lives).includes(life);
}

function goOn(
  lives: Lives,
  head: Life["head"],
  { of, value, isOver }: Pick<Life, "value" | "isOver"> & { of: string },
) {
  const life = lives.all.find(({ nonce }) => nonce === of);
  if (life === undefined) {
    lives.orphans.push(head);
    return false;
  }
  if (head.version <= life.head.version) {
    life.rest.push(head);
    return false;
  }
  const isCurrent = life === currentOf(lives);
  // The creation stays as long as its document: what goes on from it is believed only where it is there.
  if (life.head.nonce !== life.nonce) life.rest.push(life.head);
  Object.assign(life, { head, value, isOver });
  return isCurrent;
}

function clear(lives: Lives, nonce: string): void {
  const without = (places: readonly Place[]) => places.filter((each) => each.nonce !== nonce);
  const gone = lives.all.find((life) => life.nonce === nonce);
  lives.orphans = without(lives.orphans);
  if (gone === undefined) {
    for (const life of lives.all) life.rest = without(life.rest);
    return;
  }
  lives.all = lives.all.filter((life) => life !== gone);
  // What went on from it is of no use either.
  const left = gone.head.nonce === nonce ? gone.rest : [...gone.rest, gone.head];
  lives.orphans = [...lives.orphans, ...left];
}

/** What may be cleared, in the order in which it has to be: each step only once the one before it is durable. */
export function garbageOf(lives: Lives): readonly (readonly Place[])[] {
  const winners = new Set(winnersOf(lives));
  const losers = lives.all.filter((life) => !winners.has(life));
  const over = lives.all.filter((life) => winners.has(life) && life.isOver);
  const creation = ({ nonce }: Life): Place => ({ version: 1, nonce });
  return [
    [...lives.orphans, ...lives.all.flatMap(({ rest }) => rest), ...losers.map(creation)],
    over.map(creation),
    over.map(({ head }) => head),
  ];
}

export function hasGarbage(lives: Lives): boolean {
  return garbageOf(lives).some((step) => step.length > 0);
}
