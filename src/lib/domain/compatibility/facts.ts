import { VALUE_KINDS, type ValueKind } from "../json-value.ts";
import { MADE, type SchemaNode } from "./node.ts";
import { arrayCounts, isEmpty, lengths, numberRange, objectCounts } from "./ranges.ts";
import { schemasFor, shapesOf } from "./shapes.ts";

/** What is known of a value: it fits every one of `nodes`. */
export interface Facts {
  readonly nodes: readonly SchemaNode[];
  readonly ids: ReadonlySet<number>;
  /** The kinds that it can have; empty: there is no such value. */
  readonly kinds: ReadonlySet<ValueKind>;
  /** The properties that it has if it is an object. */
  readonly required: ReadonlySet<string>;
}

/** Takes apart what always holds: the schemas of `allOf`, the branch of an `if` that is known, what required properties bring along. */
export function factsOf(known: readonly SchemaNode[]): Facts {
  const nodes: SchemaNode[] = [];
  const ids = new Set<number>();
  const required = new Set<string>();
  const open = [...known];
  while (open.length > 0) {
    for (let node = open.shift(); node !== undefined; node = open.shift()) {
      if (ids.has(node.id)) continue;
      if (node.id !== MADE) ids.add(node.id);
      // Its `allOf` is among the facts from here on: once they are taken apart into cases it must not come back whole.
      nodes.push({ ...node, allOf: [] });
      open.push(...node.allOf);
    }
    for (const name of nodes.flatMap((node) => [...node.required])) required.add(name);
    closeOver(nodes, required);
    open.push(...implied(nodes, ids, required).filter(({ id }) => !ids.has(id)));
  }
  return { nodes, ids, required, kinds: kindsOf(nodes, required) };
}

function closeOver(nodes: readonly SchemaNode[], required: Set<string>): void {
  for (let before = -1; before < required.size; ) {
    before = required.size;
    for (const { dependentRequired } of nodes) {
      for (const [name, needed] of dependentRequired)
        if (required.has(name)) for (const one of needed) required.add(one);
    }
  }
}

function implied(
  nodes: readonly SchemaNode[],
  ids: ReadonlySet<number>,
  required: ReadonlySet<string>,
): readonly SchemaNode[] {
  const refused = new Set(nodes.flatMap(({ not }) => (not === undefined ? [] : [not.id])));
  const objectsOnly = nodes.some(({ kinds }) => kinds?.size === 1 && kinds.has("object"));
  return nodes.flatMap(({ conditional, dependentSchemas }) => {
    const dependent = objectsOnly ? [...dependentSchemas].filter(([name]) => required.has(name)) : [];
    const holds = conditional !== undefined && ids.has(conditional.if.id) ? conditional.then : undefined;
    const fails = conditional !== undefined && refused.has(conditional.if.id) ? conditional.else : undefined;
    return [...dependent.map(([, schema]) => schema), ...[holds, fails].filter((one) => one !== undefined)];
  });
}

function kindsOf(nodes: readonly SchemaNode[], required: ReadonlySet<string>): ReadonlySet<ValueKind> {
  if (nodes.some(({ never }) => never)) return new Set();
  const allowed = VALUE_KINDS.filter((kind) => nodes.every(({ kinds }) => kinds === undefined || kinds.has(kind)));
  return new Set(allowed.filter((kind) => !isContradicted(kind, nodes, required)));
}

function isContradicted(kind: ValueKind, nodes: readonly SchemaNode[], required: ReadonlySet<string>): boolean {
  if (kind === "string") return isEmpty(lengths(nodes));
  if (kind === "array") return isEmpty(arrayCounts(nodes));
  if (kind === "integer" || kind === "fraction") return isEmpty(numberRange(nodes, kind === "integer"));
  if (kind !== "object") return false;
  const shapes = shapesOf(nodes);
  const isNever = (name: string) => shapes.some((shape) => schemasFor(shape, name).some(({ never }) => never));
  return isEmpty(objectCounts(nodes, required)) || [...required].some(isNever);
}
