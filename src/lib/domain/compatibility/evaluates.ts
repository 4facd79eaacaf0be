import type { Evaluates, SchemaNode } from "./node.ts";

/** The schemas in `node` that apply to the same value as it does. */
function inPlace(node: SchemaNode): readonly SchemaNode[] {
  const { if: condition, then, else: otherwise } = node.conditional ?? {};
  const maybe = [condition, then, otherwise].filter((one) => one !== undefined);
  return [...node.allOf, ...(node.anyOf ?? []), ...(node.oneOf ?? []), ...maybe, ...node.dependentSchemas.values()];
}

/** The most that `unevaluatedProperties` and `unevaluatedItems` of `node` could find evaluated. */
export function evaluatesOf(node: SchemaNode): Evaluates {
  const inner = inPlace(node);
  const all = inner.map(({ evaluates }) => evaluates);
  return {
    names: new Set([...node.properties.keys(), ...all.flatMap(({ names }) => [...names])]),
    patterns: new Set([...node.patterns.keys(), ...all.flatMap(({ patterns }) => [...patterns])]),
    allProperties:
      node.otherProperties !== undefined ||
      inner.some((child) => child.unevaluatedProperties !== undefined || child.evaluates.allProperties),
    itemCount: Math.max(
      node.items.length,
      ...(node.otherItems !== undefined || node.contains !== undefined ? [Number.POSITIVE_INFINITY] : []),
      ...inner.map((child) =>
        child.unevaluatedItems === undefined ? child.evaluates.itemCount : Number.POSITIVE_INFINITY,
      ),
    ),
  };
}
