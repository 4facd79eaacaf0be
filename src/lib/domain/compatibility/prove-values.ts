import { accepts, isOneOf } from "./accepts.ts";
import type { Facts } from "./facts.ts";
import type { SchemaNode } from "./node.ts";
import { type Family, type Gap, gap, type Proof } from "./proof.ts";
import { kindsText, valuesText } from "./words.ts";

/** `type`, and the schema `false`. */
export const proveKinds: Family = (facts, reader, proof) => {
  if (reader.never) {
    const reason = `${proof.writer} takes values here, ${proof.reader} takes none`;
    return [
      gap(facts, { at: reader, keyword: "" }, { proof, reason, accepted: ["any schema but false", "false here, too"] }),
    ];
  }
  const missing = [...facts.kinds].filter((kind) => reader.kinds?.has(kind) === false);
  if (missing.length === 0) return [];
  const text = kindsText(missing);
  const reason = `${proof.writer} takes ${text}, ${proof.reader} does not`;
  const accepted = [`a "type" that has ${text}, too`, `a "type" without ${text}`] as const;
  const writerAt = placeOf(facts, ({ kinds }) => kinds !== undefined, "type");
  return [gap(facts, { at: reader, keyword: "type" }, { proof, reason, accepted, ...writerAt })];
};

/** `enum` and `const` of the reader, where the values of the writer are not listed. */
export const proveValues: Family = (facts, reader, proof) =>
  reader.values.map(({ keyword, list }) => {
    const reason = `${proof.writer} takes any ${kindsText(facts.kinds)} that fits, ${proof.reader} only ${valuesText(list)}`;
    const accepted = [`no "${keyword}"`, `an "enum" with none but ${valuesText(list)}`] as const;
    return gap(facts, { at: reader, keyword }, { proof, reason, accepted });
  });

/** The values of the writer, where they are listed: each is tried. */
export function proveEach(facts: Facts, values: readonly unknown[], { reader, proof }: ReaderIn): readonly Gap[] {
  const refused = values.filter((value) => !accepts(reader, value));
  if (refused.length === 0) return [];
  const writerAt = placeOf(
    facts,
    (node) => node.values.length > 0,
    facts.nodes.flatMap((node) => node.values)[0]?.keyword ?? "type",
  );
  const listed = reader.values.find(({ list }) => refused.some((value) => !isOneOf(list, value)));
  const keyword = listed?.keyword ?? (reader.kinds === undefined ? "" : "type");
  const reason = `${proof.writer} takes ${valuesText(refused)}, ${proof.reader} does not`;
  const fix = keyword === "" ? "a schema" : `"${keyword}"`;
  const accepted = [
    `${fix} that takes ${valuesText(refused)}, too`,
    `a schema that does not take ${valuesText(refused)}`,
  ] as const;
  return [gap(facts, { at: reader, keyword }, { proof, reason, accepted, ...writerAt })];
}

interface ReaderIn {
  readonly reader: SchemaNode;
  readonly proof: Proof;
}

/** Where the writer says something of the kind: at the first of its schemas that does. */
export function placeOf(
  { nodes }: Facts,
  has: (node: SchemaNode) => boolean,
  keyword: string,
): { readonly writerAt?: string } {
  const node = nodes.find(has);
  return node === undefined ? {} : { writerAt: `${node.pointer}/${keyword}` };
}

/** The only values that fit, where the facts list them. */
export function finiteValues({ nodes, kinds }: Facts): readonly unknown[] | undefined {
  const lists = nodes.flatMap(({ values }) => values.map(({ list }) => list));
  const shortest = lists.sort((a, b) => a.length - b.length)[0] ?? fewOf(kinds);
  return shortest?.filter((value) => nodes.every((node) => accepts(node, value)));
}

function fewOf(kinds: Facts["kinds"]): readonly unknown[] | undefined {
  const few = { null: [null], boolean: [true, false] };
  if ([...kinds].some((kind) => kind !== "null" && kind !== "boolean")) return undefined;
  return [...(kinds.has("null") ? few.null : []), ...(kinds.has("boolean") ? few.boolean : [])];
}
