import type { ValueKind } from "../json-value.ts";
import type { Facts } from "./facts.ts";
import type { Bound, SchemaNode } from "./node.ts";
import { type Family, type Gap, gap, type Proof } from "./proof.ts";
import { placeOf } from "./prove-values.ts";
import { arrayCounts, lengths, numberRange, objectCounts, type Range } from "./ranges.ts";

/** Of one keyword: which values of the writer are beyond the bound, in words. */
const BEYOND: Readonly<Record<Bound, (bound: number) => string>> = {
  minimum: (bound) => `numbers below ${bound}`,
  exclusiveMinimum: (bound) => `the number ${bound} or smaller ones`,
  maximum: (bound) => `numbers above ${bound}`,
  exclusiveMaximum: (bound) => `the number ${bound} or greater ones`,
  minLength: (bound) => `strings of less than ${bound} characters`,
  maxLength: (bound) => `strings of more than ${bound} characters`,
  minItems: (bound) => `arrays of less than ${bound} items`,
  maxItems: (bound) => `arrays of more than ${bound} items`,
  minProperties: (bound) => `objects of less than ${bound} properties`,
  maxProperties: (bound) => `objects of more than ${bound} properties`,
};

const NUMBERS = ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"] as const;

/** Numbers, lengths and counts: the bounds of the writer have to be as tight as those of the reader. */
export const proveBounds: Family = (facts, reader, proof) => {
  const { nodes, kinds, required } = facts;
  const check = (range: Range, names: readonly Bound[]) =>
    names.flatMap((bound) => proveBound(facts, { reader, bound, range }, proof));
  const has = (kind: ValueKind) => kinds.has(kind);
  return [
    ...(has("integer") || has("fraction") ? check(numberRange(nodes, !has("fraction")), NUMBERS) : []),
    ...(has("string") ? check(lengths(nodes), ["minLength", "maxLength"]) : []),
    ...(has("array") ? check(arrayCounts(nodes), ["minItems", "maxItems"]) : []),
    ...(has("object") ? check(objectCounts(nodes, required), ["minProperties", "maxProperties"]) : []),
  ];
};

interface Asked {
  readonly reader: SchemaNode;
  readonly bound: Bound;
  readonly range: Range;
}

function proveBound(facts: Facts, { reader, bound, range }: Asked, proof: Proof): readonly Gap[] {
  const limit = reader.bounds[bound];
  if (limit === undefined || isWithin(bound, limit, range)) return [];
  const given = facts.nodes.flatMap(({ bounds }) => bounds[bound] ?? [])[0];
  const than = /min/i.test(bound) ? "at most" : "at least";
  const but = /min/i.test(bound) ? "at least" : "at most";
  const reason = `${proof.writer} takes ${BEYOND[bound](limit)}, ${proof.reader} does not`;
  const looser = given === undefined ? `no "${bound}"` : `"${bound}" of ${than} ${given}`;
  const accepted = [looser, `"${bound}" of ${but} ${limit}`] as const;
  const writerAt = placeOf(facts, ({ bounds }) => bounds[bound] !== undefined, bound);
  return [gap(facts, { at: reader, keyword: bound }, { proof, reason, accepted, ...writerAt })];
}

function isWithin(bound: Bound, limit: number, { low, high, lowOpen, highOpen }: Range): boolean {
  switch (bound) {
    case "exclusiveMinimum":
      return low > limit || (low === limit && lowOpen);
    case "exclusiveMaximum":
      return high < limit || (high === limit && highOpen);
    case "minimum":
    case "minLength":
    case "minItems":
    case "minProperties":
      return low >= limit;
    case "maximum":
    case "maxLength":
    case "maxItems":
    case "maxProperties":
      return high <= limit;
  }
}
