import { pointerOf } from "../json-place.ts";
import { canonicalJson, isJsonObject, VALUE_KINDS, type ValueKind } from "../json-value.ts";
import type { Dialect } from "../schema-dialect.ts";
import { evaluatesOf } from "./evaluates.ts";
import {
  ANYTHING,
  BOUNDS,
  type Bounds,
  type Conditional,
  type Contains,
  type SchemaNode,
  type Values,
} from "./node.ts";

/** Gives schemas that ask the same the same number. One serves both schemas of a comparison. */
export type Ids = Map<string, number>;

export function newIds(): Ids {
  return new Map([["", ANYTHING.id]]);
}

interface Context {
  readonly dialect: Dialect;
  readonly ids: Ids;
}

/** Reads a schema that was found valid. What is no keyword of its draft asks nothing. */
export function readSchema(schema: unknown, dialect: Dialect, ids: Ids): SchemaNode {
  return read(schema, [], { dialect, ids });
}

function read(schema: unknown, path: readonly string[], context: Context): SchemaNode {
  const pointer = pointerOf(path);
  if (!isJsonObject(schema)) {
    const never = schema === false;
    return { ...ANYTHING, pointer, never, id: idOf(never ? "false" : "", context.ids) };
  }
  const child = (name: string) => childAt(schema, name, { path, context });
  const list = (name: string) => listAt(schema, name, { path, context });
  const named = (name: string) => namedAt(schema, name, { path, context });
  const modern = context.dialect === "2020-12";
  const body = {
    ...ANYTHING,
    pointer,
    kinds: kindsOf(schema),
    values: valuesOf(schema),
    bounds: boundsOf(schema),
    multipleOf: numberOf(schema.multipleOf),
    pattern: typeof schema.pattern === "string" ? schema.pattern : undefined,
    uniqueItems: schema.uniqueItems === true,
    items: list(modern ? "prefixItems" : "items"),
    // Before 2020-12 `items` is for every item, or a list, and then `additionalItems` is for those behind it.
    otherItems: child(modern || !Array.isArray(schema.items) ? "items" : "additionalItems"),
    contains: containsOf(schema, child("contains"), modern),
    properties: named("properties"),
    patterns: named("patternProperties"),
    otherProperties: child("additionalProperties"),
    propertyNames: child("propertyNames"),
    required: stringsOf(schema.required),
    ...dependenciesOf(schema, named, { modern, ids: context.ids }),
    allOf: list("allOf"),
    anyOf: Array.isArray(schema.anyOf) ? list("anyOf") : undefined,
    oneOf: Array.isArray(schema.oneOf) ? list("oneOf") : undefined,
    not: child("not"),
    conditional: conditionalOf(child("if"), child("then"), child("else")),
    unevaluatedItems: modern ? child("unevaluatedItems") : undefined,
    unevaluatedProperties: modern ? child("unevaluatedProperties") : undefined,
  };
  const whole = { ...body, evaluates: evaluatesOf(body) };
  return { ...whole, id: idOf(meaning(whole), context.ids) };
}

interface Place {
  readonly path: readonly string[];
  readonly context: Context;
}

type Keywords = Readonly<Record<string, unknown>>;

function childAt(schema: Keywords, name: string, { path, context }: Place): SchemaNode | undefined {
  const value = Object.hasOwn(schema, name) ? schema[name] : undefined;
  return value === undefined || Array.isArray(value) ? undefined : read(value, [...path, name], context);
}

function listAt(schema: Keywords, name: string, { path, context }: Place): readonly SchemaNode[] {
  const value = Object.hasOwn(schema, name) ? schema[name] : undefined;
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  return list.map((one, index) => read(one, [...path, name, String(index)], context));
}

function namedAt(schema: Keywords, name: string, { path, context }: Place): ReadonlyMap<string, SchemaNode> {
  const value = Object.hasOwn(schema, name) ? schema[name] : undefined;
  const entries = isJsonObject(value) ? Object.entries(value) : [];
  return new Map(entries.map(([key, one]) => [key, read(one, [...path, name, key], context)]));
}

interface Draft {
  readonly modern: boolean;
  readonly ids: Ids;
}

/** `dependencies` is of the older draft; the newer one asks not to use the word for anything else, and validators obey it. */
function dependenciesOf(
  schema: Keywords,
  named: (name: string) => ReadonlyMap<string, SchemaNode>,
  { modern, ids }: Draft,
) {
  const lists = [schema.dependencies, ...(modern ? [schema.dependentRequired] : [])].filter(isJsonObject);
  const required = lists.flatMap((list) => Object.entries(list).filter(([, names]) => Array.isArray(names)));
  const old = isJsonObject(schema.dependencies) ? schema.dependencies : {};
  const dependentSchemas = new Map([...named("dependencies")].filter(([name]) => !Array.isArray(old[name])));
  for (const [name, node] of modern ? named("dependentSchemas") : []) {
    const first = dependentSchemas.get(name);
    dependentSchemas.set(name, first === undefined ? node : together(first, node, ids));
  }
  return { dependentRequired: merged(required), dependentSchemas };
}

function together(first: SchemaNode, second: SchemaNode, ids: Ids): SchemaNode {
  const node = { ...ANYTHING, pointer: second.pointer, allOf: [first, second] };
  return { ...node, evaluates: evaluatesOf(node), id: idOf(meaning(node), ids) };
}

function merged(lists: readonly (readonly [string, unknown])[]): Map<string, readonly string[]> {
  const all = new Map<string, readonly string[]>();
  for (const [name, names] of lists) all.set(name, [...(all.get(name) ?? []), ...stringsOf(names)]);
  return all;
}

/** `nullable` is OpenAPI's; the validator obeys it. */
function kindsOf({ type, nullable }: Keywords): ReadonlySet<ValueKind> | undefined {
  if (type === undefined) return undefined;
  const named = new Set([type].flat().flatMap((one) => (one === "number" ? ["integer", "fraction"] : [one])));
  if (nullable === true) named.add("null");
  return new Set(VALUE_KINDS.filter((kind) => named.has(kind)));
}

function valuesOf(schema: Keywords): readonly Values[] {
  return [
    ...(Array.isArray(schema.enum) ? [{ keyword: "enum" as const, list: schema.enum }] : []),
    ...(Object.hasOwn(schema, "const") ? [{ keyword: "const" as const, list: [schema.const] }] : []),
  ];
}

/** A bound that bounds nothing, such as a length of at least 0, is left out. */
function boundsOf(schema: Keywords): Bounds {
  const given = BOUNDS.map((name) => [name, numberOf(schema[name])] as const);
  return Object.fromEntries(
    given.filter(([name, bound]) => bound !== undefined && !(bound === 0 && /^min[A-Z]/.test(name))),
  );
}

function containsOf(schema: Keywords, node: SchemaNode | undefined, modern: boolean): Contains | undefined {
  if (node === undefined) return undefined;
  const min = modern ? (numberOf(schema.minContains) ?? 1) : 1;
  const max = modern ? numberOf(schema.maxContains) : undefined;
  return min === 0 && max === undefined ? undefined : { schema: node, min, max };
}

function conditionalOf(
  condition: SchemaNode | undefined,
  then: SchemaNode | undefined,
  otherwise: SchemaNode | undefined,
): Conditional | undefined {
  if (condition === undefined || (then === undefined && otherwise === undefined)) return undefined;
  return { if: condition, then, else: otherwise };
}

function idOf(text: string, ids: Ids): number {
  const known = ids.get(text);
  if (known !== undefined) return known;
  ids.set(text, ids.size);
  return ids.size - 1;
}

/** What the schema asks, as text: schemas in it by their numbers, names in one order. */
function meaning(node: SchemaNode): string {
  const parts: string[] = [];
  const add = (name: string, value: unknown) => parts.push(`${name}${canonicalJson(value)}`);
  if (node.kinds !== undefined) add("t", [...node.kinds]);
  for (const { list } of node.values) add("v", list.map(canonicalJson).sort());
  if (Object.keys(node.bounds).length > 0) add("b", node.bounds);
  for (const name of ["multipleOf", "pattern"] as const) if (node[name] !== undefined) add(name, node[name]);
  if (node.uniqueItems) add("u", 1);
  for (const name of SINGLE) add2(name, node[name]?.id);
  for (const name of LISTS)
    if ((node[name]?.length ?? -1) >= (name === "items" || name === "allOf" ? 1 : 0))
      add(
        name,
        node[name]?.map(({ id }) => id),
      );
  for (const name of NAMED)
    if (node[name].size > 0) add(name, Object.fromEntries([...node[name]].map(([key, { id }]) => [key, id])));
  if (node.required.length > 0) add("r", [...new Set(node.required)].sort());
  if (node.dependentRequired.size > 0)
    add("dr", Object.fromEntries([...node.dependentRequired].map(([name, names]) => [name, [...names].sort()])));
  if (node.contains !== undefined) add("c", [node.contains.schema.id, node.contains.min, node.contains.max ?? null]);
  if (node.conditional !== undefined)
    add("if", [node.conditional.if.id, node.conditional.then?.id ?? null, node.conditional.else?.id ?? null]);
  return parts.join();

  function add2(name: string, id: number | undefined): void {
    if (id !== undefined) add(name, id);
  }
}

const SINGLE = [
  "otherItems",
  "otherProperties",
  "propertyNames",
  "not",
  "unevaluatedItems",
  "unevaluatedProperties",
] as const;
const LISTS = ["items", "allOf", "anyOf", "oneOf"] as const;
const NAMED = ["properties", "patterns", "dependentSchemas"] as const;

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
