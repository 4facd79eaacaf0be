import { type Located, locate, type Place } from "../json-place.ts";
import { dialectOf } from "../schema-dialect.ts";
import { accepts } from "./accepts.ts";
import type { SchemaNode } from "./node.ts";
import type { Gap } from "./proof.ts";
import { createProof } from "./prove.ts";
import { type Ids, newIds, readSchema } from "./read-schema.ts";

/** Which way two versions of a schema have to be compatible. */
export const COMPATIBILITIES = ["backward", "forward", "full", "none"] as const;
export type Compatibility = (typeof COMPATIBILITIES)[number];

/** `backward`: whatever fitted the old schema fits the new one. `forward`: whatever fits the new one fitted the old one. */
export type Direction = "backward" | "forward";

/** A schema that was found valid, and what people call it, such as `version 3`. */
export interface NamedSchema {
  readonly name: string;
  readonly definition: string;
}

export interface Incompatibility {
  readonly direction: Direction;
  /** Of the new schema. */
  readonly pointer: string;
  readonly place: Place;
  readonly oldPointer: string;
  readonly oldPlace: Place;
  readonly reason: string;
  readonly accepted: string;
}

/** Why the new schema is not compatible with the old one; none when it is certain that it is. */
export function incompatibilities(
  old: NamedSchema,
  next: NamedSchema,
  mode: Compatibility,
): readonly Incompatibility[] {
  const ids = newIds();
  const [earlier, later] = [nodeOf(old, ids), nodeOf(next, ids)];
  const asked: readonly Direction[] = mode === "none" ? [] : mode === "full" ? ["backward", "forward"] : [mode];
  const found = asked.flatMap((direction) => {
    const isBackward = direction === "backward";
    const names = isBackward ? { writer: old.name, reader: next.name } : { writer: next.name, reader: old.name };
    const proof = createProof({ ...names, readerIsNew: isBackward });
    const gaps = isBackward ? proof.prove([earlier], later) : proof.prove([later], earlier);
    return gaps.map((gap) => ({ direction, gap }));
  });
  return placed(found, old.definition, next.definition);
}

/** Whether a value fits a schema that was found valid: slower than a compiled one, and exact about what was evaluated. */
export function acceptsSchema(schema: unknown): (value: unknown) => boolean {
  const node = readSchema(schema, dialectOf(schema) ?? "2020-12", newIds());
  return (value) => accepts(node, value);
}

function nodeOf({ definition }: NamedSchema, ids: Ids): SchemaNode {
  const schema: unknown = JSON.parse(definition);
  return readSchema(schema, dialectOf(schema) ?? "2020-12", ids);
}

interface Found {
  readonly direction: Direction;
  readonly gap: Gap;
}

function placed(found: readonly Found[], old: string, next: string): readonly Incompatibility[] {
  const pointers = found.map(({ direction, gap: { readerAt, writerAt } }) =>
    direction === "backward"
      ? { pointer: readerAt, oldPointer: writerAt }
      : { pointer: writerAt, oldPointer: readerAt },
  );
  const places = placesOf(
    next,
    pointers.map(({ pointer }) => pointer),
  );
  const oldPlaces = placesOf(
    old,
    pointers.map(({ oldPointer }) => oldPointer),
  );
  return found.flatMap(({ direction, gap: { reason, accepted } }, index) => {
    const { pointer = "", oldPointer = "" } = pointers[index] ?? {};
    const [place, oldPlace] = [places(pointer), oldPlaces(oldPointer)];
    return { direction, pointer, place, oldPointer, oldPlace, reason, accepted };
  });
}

/** A keyword is found at its key; what is not there itself, at what it would stand in. */
export function placesOf(definition: string, pointers: readonly string[]): (pointer: string) => Place {
  const located = locate(definition, new Set(pointers.flatMap(upward)));
  const placeOf = ({ key, value }: Located) => key ?? value;
  return (pointer) => {
    const found = upward(pointer)
      .map((one) => located.get(one))
      .find((one) => one !== undefined);
    return found === undefined ? { line: 1, column: 1 } : placeOf(found);
  };
}

/** `/a/b` → `/a/b`, `/a`, and the whole. */
function upward(pointer: string): readonly string[] {
  const parts = pointer.split("/").slice(1);
  return Array.from({ length: parts.length + 1 }, (_, cut) =>
    parts
      .slice(0, parts.length - cut)
      .map((part) => `/${part}`)
      .join(""),
  );
}
