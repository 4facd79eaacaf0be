import { ANYTHING, made, type SchemaNode } from "./node.ts";
import { patternMatches } from "./patterns.ts";

/** What one schema says of the properties of an object. */
export interface Shape {
  readonly names: ReadonlyMap<string, SchemaNode>;
  readonly patterns: ReadonlyMap<string, SchemaNode>;
  /** Of each property that has neither one of the names nor a name that a pattern matches. */
  readonly others: SchemaNode;
}

/** Every shape that an object has which fits all of `nodes`. */
export function shapesOf(nodes: readonly SchemaNode[]): readonly Shape[] {
  return nodes.flatMap((node) => [...plainShape(node), ...unevaluatedShape(node)]);
}

function plainShape({ properties, patterns, otherProperties }: SchemaNode): readonly Shape[] {
  if (properties.size === 0 && patterns.size === 0 && otherProperties === undefined) return [];
  return [{ names: properties, patterns, others: otherProperties ?? ANYTHING }];
}

/** Of what nothing in the schema can have evaluated `unevaluatedProperties` is known to hold; of the rest nothing is. */
function unevaluatedShape({ unevaluatedProperties, evaluates }: SchemaNode): readonly Shape[] {
  if (unevaluatedProperties === undefined || evaluates.allProperties) return [];
  const free = (names: ReadonlySet<string>) => new Map(Array.from(names, (name) => [name, ANYTHING]));
  return [{ names: free(evaluates.names), patterns: free(evaluates.patterns), others: unevaluatedProperties }];
}

/** The schemas that a property of this name fits. */
export function schemasFor({ names, patterns, others }: Shape, name: string): readonly SchemaNode[] {
  const own = names.get(name);
  const matching = [...patterns].filter(([pattern]) => patternMatches(pattern, name)).map(([, schema]) => schema);
  if (own !== undefined) return [own, ...matching];
  return matching.length > 0 ? matching : [others];
}

/**
 * What a property fits whose name is none of the known ones: with `matches` one that this pattern matches, else one that none of
 * `without` matches.
 */
export function schemasForUnknown(
  { patterns, others }: Shape,
  { matches, without }: { readonly matches?: string; readonly without: ReadonlySet<string> },
): readonly SchemaNode[] {
  const same = matches === undefined ? undefined : patterns.get(matches);
  if (same !== undefined) return [same];
  const possible = [...patterns].filter(([pattern]) => !without.has(pattern)).map(([, schema]) => schema);
  return possible.length === 0 ? [others] : [made(others, { anyOf: [...possible, others] })];
}

/** The names that a property can have, where they are finitely many. */
export function possibleNames(nodes: readonly SchemaNode[]): ReadonlySet<string> | undefined {
  for (const { propertyNames } of nodes) {
    const [values] = propertyNames?.values ?? [];
    if (values !== undefined) return new Set(values.list.filter((value) => typeof value === "string"));
  }
  const closed = shapesOf(nodes).find(({ patterns, others }) => others.never && patterns.size === 0);
  return closed === undefined ? undefined : new Set(closed.names.keys());
}
