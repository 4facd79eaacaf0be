import type { ValueKind } from "../json-value.ts";
import type { Facts } from "./facts.ts";
import { made, type SchemaNode } from "./node.ts";

/**
 * The facts as cases, one of which holds for each value: by the first choice that they leave open, or by the kind of the value. A node
 * keeps its number when its choice is taken out, as every value still fits the whole of it.
 */
export function casesOf({ nodes, kinds }: Facts, byKind: boolean): readonly (readonly SchemaNode[])[] | undefined {
  const open = nodes.find(({ anyOf, oneOf, conditional }) => anyOf ?? oneOf ?? conditional);
  if (open !== undefined) {
    const others = nodes.filter((node) => node !== open);
    return branchesOf(open).map((branch) => [...others, ...branch]);
  }
  const groups = [...new Set([...kinds].map((kind) => (kind === "fraction" ? "integer" : kind)))];
  const [origin] = nodes;
  if (!byKind || groups.length < 2 || origin === undefined) return undefined;
  return groups.map((kind) => [...nodes, made(origin, { kinds: new Set(numberOr(kind)) })]);
}

function numberOr(kind: ValueKind): readonly ValueKind[] {
  return kind === "integer" ? ["integer", "fraction"] : [kind];
}

function branchesOf(node: SchemaNode): readonly (readonly SchemaNode[])[] {
  const { anyOf, oneOf, conditional } = node;
  if (anyOf !== undefined) return anyOf.map((schema) => [{ ...node, anyOf: undefined }, schema]);
  if (oneOf !== undefined) {
    const rest = { ...node, oneOf: undefined };
    const refused = (schema: SchemaNode) => made(node, { not: schema });
    return oneOf.map((schema) => [rest, schema, ...oneOf.filter((one) => one !== schema).map(refused)]);
  }
  if (conditional === undefined) return [[node]];
  const rest = { ...node, conditional: undefined };
  const { if: condition, then, else: otherwise } = conditional;
  return [
    [rest, condition, ...(then === undefined ? [] : [then])],
    [rest, made(node, { not: condition }), ...(otherwise === undefined ? [] : [otherwise])],
  ];
}
