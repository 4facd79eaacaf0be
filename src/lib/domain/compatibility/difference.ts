import { type Place, pointerOf } from "../json-place.ts";
import { type Changed, changesOf, withChange } from "./changes.ts";
import { type Direction, incompatibilities, type NamedSchema, placesOf } from "./compare.ts";

/** More than this many are counted, not shown. */
const CHANGES_MAX = 200;
const CHANGES_MIN = 5;
/** Each change is judged against a whole schema, and the broker does nothing else meanwhile: of large schemas fewer are shown. */
const JUDGED_CHARACTERS_MAX = 200_000;

/** One change, judged as if it were the only one. */
export interface SchemaChange {
  readonly kind: "added" | "removed" | "changed";
  readonly pointer: string;
  /** In the schema before, and in the one after; `null` where it is not there. */
  readonly oldPlace: Place | null;
  readonly place: Place | null;
  readonly old: unknown;
  readonly next: unknown;
  /** Why it is not compatible in a direction; `null` when it is. */
  readonly backward: string | null;
  readonly forward: string | null;
}

export interface Difference {
  readonly changes: readonly SchemaChange[];
  /** How many more there are. */
  readonly omitted: number;
  /** All changes together. */
  readonly backward: boolean;
  readonly forward: boolean;
}

export function differenceOf(old: NamedSchema, next: NamedSchema): Difference {
  const before: unknown = JSON.parse(old.definition);
  const all = [...changesOf(before, JSON.parse(next.definition))];
  const affordable = Math.floor(JUDGED_CHARACTERS_MAX / (old.definition.length + 1));
  const shown = all.slice(0, Math.min(CHANGES_MAX, Math.max(CHANGES_MIN, affordable)));
  const pointers = shown.map(({ path }) => pointerOf(path));
  const [oldPlaces, places] = [placesOf(old.definition, pointers), placesOf(next.definition, pointers)];
  const changes = shown.map((change): SchemaChange => {
    const pointer = pointerOf(change.path);
    const alone = { name: next.name, definition: JSON.stringify(withChange(before, change)) };
    return {
      kind: change.old === undefined ? "added" : change.next === undefined ? "removed" : "changed",
      pointer,
      oldPlace: change.old === undefined ? null : oldPlaces(pointer),
      place: change.next === undefined ? null : places(pointer),
      ...valuesOf(change),
      backward: reason(old, alone, "backward"),
      forward: reason(old, alone, "forward"),
    };
  });
  const isCompatible = (direction: Direction) => incompatibilities(old, next, direction).length === 0;
  return {
    changes,
    omitted: all.length - shown.length,
    backward: isCompatible("backward"),
    forward: isCompatible("forward"),
  };
}

function valuesOf({ old, next }: Changed): Pick<SchemaChange, "old" | "next"> {
  return { old: old ?? null, next: next ?? null };
}

function reason(old: NamedSchema, next: NamedSchema, direction: Direction): string | null {
  return incompatibilities(old, next, direction)[0]?.reason ?? null;
}
