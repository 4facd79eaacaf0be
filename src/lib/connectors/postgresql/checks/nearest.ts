import type { TableName } from "../../../domain/connector.ts";

/** Farther than this is no misspelling. */
const DISTANCE_MAX = 3;

/** The name that was probably meant: in another schema, in other letters, or misspelled a little. */
export function nearest(wanted: TableName, known: readonly TableName[]): TableName | undefined {
  const ranked = known
    .map((name) => ({ name, distance: distanceOf(wanted, name) }))
    .filter(({ distance }) => distance <= DISTANCE_MAX)
    .toSorted((a, b) => a.distance - b.distance);
  return ranked[0]?.name;
}

/** The schema counts little: `public` is often only assumed. */
function distanceOf(wanted: TableName, name: TableName): number {
  const table = edits(wanted.table.toLowerCase(), name.table.toLowerCase());
  return table === 0 || table < wanted.table.length ? table + (wanted.schema === name.schema ? 0 : 0.5) : Infinity;
}

/** Letters to insert, remove or replace. */
function edits(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > DISTANCE_MAX) return Infinity;
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let at = 1; at <= to.length; at += 1) {
      const replaced = (row[at - 1] ?? 0) + (letter === to[at - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? Infinity;
}
