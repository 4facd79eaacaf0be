import type { Facts } from "./facts.ts";
import { ANYTHING, type Contains, type SchemaNode } from "./node.ts";
import { type Family, type Gap, gap, type Proof } from "./proof.ts";
import { placeOf } from "./prove-values.ts";
import { arrayCounts } from "./ranges.ts";

/** `prefixItems`, `items` and `unevaluatedItems`. */
export const proveItems: Family = (facts, reader, proof) => {
  if (!facts.kinds.has("array")) return [];
  const rest = restOf(reader);
  const count = Math.max(reader.items.length, rest.from, ...facts.nodes.map(({ items }) => items.length));
  const { high } = arrayCounts(facts.nodes);
  const gaps: Gap[] = [];
  for (let index = 0; index <= count && index < high; index += 1) {
    const asked = reader.items[index] ?? (index >= rest.from ? rest.schema : ANYTHING);
    const items = itemsAt(facts.nodes, index);
    gaps.push(...proof.prove(items.length > 0 ? items : facts.nodes.slice(0, 1).map(anyIn), asked));
  }
  return gaps;
};

interface Rest {
  readonly schema: SchemaNode;
  readonly from: number;
}

/** What the reader asks of the items behind those in its list; `unevaluatedItems` looks at no fewer than those that nothing evaluates. */
function restOf(reader: SchemaNode): Rest {
  const { otherItems, unevaluatedItems, items } = reader;
  if (otherItems !== undefined) return { schema: otherItems, from: items.length };
  if (unevaluatedItems === undefined) return { schema: ANYTHING, from: items.length };
  const always = alwaysEvaluated(reader);
  return { schema: Number.isFinite(always) ? unevaluatedItems : ANYTHING, from: Number.isFinite(always) ? always : 0 };
}

function alwaysEvaluated(node: SchemaNode): number {
  if (node.otherItems !== undefined) return Number.POSITIVE_INFINITY;
  const inner = node.allOf.map((child) =>
    child.unevaluatedItems === undefined ? alwaysEvaluated(child) : Number.POSITIVE_INFINITY,
  );
  return Math.max(node.items.length, ...inner);
}

/** What an item at this index fits. */
function itemsAt(nodes: readonly SchemaNode[], index: number): readonly SchemaNode[] {
  return nodes.flatMap(({ items, otherItems, unevaluatedItems, evaluates }) => {
    const unevaluated = unevaluatedItems !== undefined && index >= evaluates.itemCount ? [unevaluatedItems] : [];
    const own = items[index] ?? otherItems;
    return own === undefined ? unevaluated : [own, ...unevaluated];
  });
}

/** Any value, to be found where the schema of the array stands. */
function anyIn({ pointer }: SchemaNode): SchemaNode {
  return { ...ANYTHING, pointer };
}

export const proveUnique: Family = (facts, reader, proof) => {
  const isUnique = facts.nodes.some(({ uniqueItems }) => uniqueItems) || arrayCounts(facts.nodes).high <= 1;
  if (!reader.uniqueItems || isUnique || !facts.kinds.has("array")) return [];
  const reason = `${proof.writer} takes arrays with equal items, ${proof.reader} does not`;
  const accepted = ['no "uniqueItems"', '"uniqueItems": true'] as const;
  return [gap(facts, { at: reader, keyword: "uniqueItems" }, { proof, reason, accepted })];
};

/** `contains`, `minContains` and `maxContains`. */
export const proveContains: Family = (facts, reader, proof) => {
  const { contains } = reader;
  if (contains === undefined || !facts.kinds.has("array")) return [];
  const few = hasEnough(facts, contains, proof);
  const many = contains.max === undefined || hasAtMost(facts, contains.schema, { max: contains.max, proof });
  if (few && many) return [];
  const what = few ? `more than ${contains.max}` : `fewer than ${contains.min}`;
  const reason = `${proof.writer} may take arrays in which ${what} items fit this schema, ${proof.reader} does not`;
  const accepted = ['a "contains" as in the earlier version, or none', 'the same "contains"'] as const;
  const writerAt = placeOf(facts, (node) => node.contains !== undefined, "contains");
  return [gap(facts, { at: reader, keyword: "contains" }, { proof, reason, accepted, ...writerAt })];
};

function hasEnough({ nodes }: Facts, { schema, min }: Contains, proof: Proof): boolean {
  if (min === 0) return true;
  const isKnown = ({ contains }: SchemaNode) =>
    contains !== undefined && contains.min >= min && proof.prove([contains.schema], schema).length === 0;
  if (nodes.some(isKnown)) return true;
  return arrayCounts(nodes).low >= min && everyItem(nodes, (known) => proof.prove(known, schema).length === 0);
}

function hasAtMost({ nodes }: Facts, schema: SchemaNode, { max, proof }: { max: number; proof: Proof }): boolean {
  if (arrayCounts(nodes).high <= max) return true;
  const isKnown = ({ contains }: SchemaNode) =>
    contains?.max !== undefined && contains.max <= max && proof.prove([schema], contains.schema).length === 0;
  return nodes.some(isKnown) || everyItem(nodes, (known) => proof.impossible([...known, schema]));
}

function everyItem(nodes: readonly SchemaNode[], holds: (known: readonly SchemaNode[]) => boolean): boolean {
  const count = Math.max(...nodes.map(({ items }) => items.length));
  return Array.from({ length: count + 1 }, (_, index) => itemsAt(nodes, index)).every(holds);
}
