import { made, type SchemaNode } from "./node.ts";
import { type Family, type Gap, gap } from "./proof.ts";
import { placeOf } from "./prove-values.ts";

export const proveAllOf: Family = (facts, reader, proof) =>
  reader.allOf.flatMap((schema) => proof.prove(facts.nodes, schema));

export const proveAnyOf: Family = (facts, reader, proof) => {
  if (reader.anyOf === undefined) return [];
  const found = nearest(reader.anyOf, (schema) => proof.prove(facts.nodes, schema));
  if (found === undefined) return [];
  const reason = `it cannot be proved that everything ${proof.writer} takes here fits one of these schemas${because(found)}`;
  const accepted = [
    "one more schema here, for the values of the earlier version",
    "the alternatives of the earlier version, or fewer",
  ] as const;
  const writerAt = placeOf(facts, ({ anyOf }) => anyOf !== undefined, "anyOf");
  return [gap(facts, { at: reader, keyword: "anyOf" }, { proof, reason, accepted, ...writerAt })];
};

/** One of the schemas holds, and each other one is ruled out. */
export const proveOneOf: Family = (facts, reader, proof) => {
  const { oneOf } = reader;
  if (oneOf === undefined) return [];
  const known = (schema: SchemaNode) => proof.prove(facts.nodes, schema);
  const fitting = oneOf.filter((schema) => known(schema).length === 0);
  const others = (schema: SchemaNode) => oneOf.filter((one) => one !== schema);
  const isRuledOut = (schema: SchemaNode) => proof.impossible([...facts.nodes, schema]);
  if (fitting.some((schema) => others(schema).every(isRuledOut))) return [];
  const writerAt = placeOf(facts, (node) => node.oneOf !== undefined, "oneOf");
  const reason =
    fitting.length > 0
      ? `it cannot be proved that what ${proof.writer} takes here fits only one of these schemas, and more than one is refused`
      : `it cannot be proved that everything ${proof.writer} takes here fits one of these schemas${because(nearest(oneOf, known) ?? [])}`;
  const accepted = [
    fitting.length > 0
      ? '"anyOf" in place of "oneOf", or a property with another "const" in each'
      : "one more schema here, for the values of the earlier version",
    "the alternatives of the earlier version, or fewer",
  ] as const;
  return [gap(facts, { at: reader, keyword: "oneOf" }, { proof, reason, accepted, ...writerAt })];
};

/** The gaps to the schema that is missed by least; `undefined` when one is not missed. */
function nearest(
  schemas: readonly SchemaNode[],
  gapsTo: (schema: SchemaNode) => readonly Gap[],
): readonly Gap[] | undefined {
  let best: readonly Gap[] | undefined;
  for (const schema of schemas) {
    const gaps = gapsTo(schema);
    if (gaps.length === 0) return undefined;
    if (best === undefined || gaps.length < best.length) best = gaps;
  }
  return best ?? [];
}

function because([first]: readonly Gap[]): string {
  const reason = first?.reason.slice(0, -1) ?? "";
  return reason === "" ? "" : ` (the nearest: ${reason.charAt(0).toLowerCase()}${reason.slice(1)})`;
}

export const proveNot: Family = (facts, reader, proof) => {
  const { not } = reader;
  if (not === undefined) return [];
  const isRefused = facts.nodes.some((node) => node.not !== undefined && proof.prove([not], node.not).length === 0);
  if (isRefused || proof.impossible([...facts.nodes, not])) return [];
  const reason = `it cannot be proved that nothing ${proof.writer} takes fits the schema in "not", which ${proof.reader} refuses`;
  const accepted = ['no "not", or one that refuses less', 'the same "not"'] as const;
  const writerAt = placeOf(facts, (node) => node.not !== undefined, "not");
  return [gap(facts, { at: reader, keyword: "not" }, { proof, reason, accepted, ...writerAt })];
};

export const proveConditional: Family = (facts, reader, proof) => {
  const { conditional } = reader;
  if (conditional === undefined) return [];
  const { if: condition, then, else: otherwise } = conditional;
  const [origin = reader] = facts.nodes;
  const holds = then === undefined ? [] : proveUnless([...facts.nodes, condition], then);
  const fails =
    otherwise === undefined ? [] : proveUnless([...facts.nodes, made(origin, { not: condition })], otherwise);
  return [...holds, ...fails];

  function proveUnless(known: readonly SchemaNode[], schema: SchemaNode): readonly Gap[] {
    const found = proof.prove(known, schema);
    return found.length > 0 && proof.impossible(known) ? [] : found;
  }
};
