import { canonicalJson, isJsonObject, kindOf } from "../json-value.ts";
import type { SchemaNode } from "./node.ts";
import { patternMatches } from "./patterns.ts";

/** Whether a value fits, as the standard has it. */
export function accepts(node: SchemaNode, value: unknown): boolean {
  return judge(node, value) !== undefined;
}

/** Which parts of a value some part of the schema has looked at; `unevaluated…` is for the others. */
interface Seen {
  readonly names: Set<string>;
  readonly indexes: Set<number>;
}

/** `undefined`: it does not fit. */
function judge(node: SchemaNode, value: unknown): Seen | undefined {
  if (node.never || node.kinds?.has(kindOf(value)) === false) return undefined;
  if (!node.values.every(({ list }) => isOneOf(list, value))) return undefined;
  if (typeof value === "number") return fitsNumber(node, value) ? judgeCombined(node, value, nothing()) : undefined;
  if (typeof value === "string") return fitsString(node, value) ? judgeCombined(node, value, nothing()) : undefined;
  if (Array.isArray(value)) return judgeItems(node, value);
  return isJsonObject(value) ? judgeProperties(node, value) : judgeCombined(node, value, nothing());
}

function nothing(): Seen {
  return { names: new Set(), indexes: new Set() };
}

function add(seen: Seen, { names, indexes }: Seen): void {
  for (const name of names) seen.names.add(name);
  for (const index of indexes) seen.indexes.add(index);
}

export function isOneOf(values: readonly unknown[], value: unknown): boolean {
  const text = canonicalJson(value);
  return values.some((one) => canonicalJson(one) === text);
}

function fitsNumber({ bounds, multipleOf }: SchemaNode, value: number): boolean {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = bounds;
  return (
    !(minimum !== undefined && value < minimum) &&
    !(exclusiveMinimum !== undefined && value <= exclusiveMinimum) &&
    !(maximum !== undefined && value > maximum) &&
    !(exclusiveMaximum !== undefined && value >= exclusiveMaximum) &&
    (multipleOf === undefined || isMultiple(value, multipleOf))
  );
}

/** With the tolerance of the validator (`schemas/compile.ts`): 19.99 is a multiple of 0.01. */
const MULTIPLE_TOLERANCE = 1e-6;

function isMultiple(value: number, of: number): boolean {
  const times = value / of;
  return !(Math.abs(Math.round(times) - times) > MULTIPLE_TOLERANCE);
}

function fitsString({ bounds, pattern }: SchemaNode, value: string): boolean {
  const length = Array.from(value).length;
  return (
    within(length, bounds.minLength, bounds.maxLength) && (pattern === undefined || patternMatches(pattern, value))
  );
}

function within(count: number, min = 0, max = Number.POSITIVE_INFINITY): boolean {
  return count >= min && count <= max;
}

function judgeItems(node: SchemaNode, value: readonly unknown[]): Seen | undefined {
  const { bounds, contains, items, otherItems, uniqueItems } = node;
  const seen = nothing();
  if (!within(value.length, bounds.minItems, bounds.maxItems)) return undefined;
  if (uniqueItems && new Set(value.map(canonicalJson)).size < value.length) return undefined;
  if (contains !== undefined) {
    const found = Array.from(value.keys()).filter((index) => accepts(contains.schema, value[index]));
    if (!within(found.length, contains.min, contains.max)) return undefined;
    for (const index of found) seen.indexes.add(index);
  }
  for (const [index, item] of value.entries()) {
    const schema = items[index] ?? otherItems;
    if (schema === undefined) continue;
    if (!accepts(schema, item)) return undefined;
    seen.indexes.add(index);
  }
  if (judgeCombined(node, value, seen) === undefined) return undefined;
  const { unevaluatedItems } = node;
  if (unevaluatedItems === undefined) return seen;
  if (!value.every((item, index) => seen.indexes.has(index) || accepts(unevaluatedItems, item))) return undefined;
  for (const index of value.keys()) seen.indexes.add(index);
  return seen;
}

function judgeProperties(node: SchemaNode, value: Readonly<Record<string, unknown>>): Seen | undefined {
  const names = Object.keys(value);
  const has = (name: string) => Object.hasOwn(value, name);
  const seen = nothing();
  const isRight =
    within(names.length, node.bounds.minProperties, node.bounds.maxProperties) &&
    node.required.every(has) &&
    [...node.dependentRequired].every(([name, needed]) => !has(name) || needed.every(has)) &&
    names.every((name) => fitsProperty(node, name, { value: value[name], seen }));
  if (!isRight || judgeCombined(node, value, seen) === undefined) return undefined;
  for (const [name, schema] of node.dependentSchemas)
    if (has(name) && !take(judge(schema, value), seen)) return undefined;
  const { unevaluatedProperties } = node;
  if (unevaluatedProperties === undefined) return seen;
  if (!names.every((name) => seen.names.has(name) || accepts(unevaluatedProperties, value[name]))) return undefined;
  for (const name of names) seen.names.add(name);
  return seen;
}

interface PropertyIn {
  readonly value: unknown;
  readonly seen: Seen;
}

function fitsProperty(node: SchemaNode, name: string, { value, seen }: PropertyIn): boolean {
  if (node.propertyNames !== undefined && !accepts(node.propertyNames, name)) return false;
  const schemas = schemasOf(node, name);
  if (schemas.length > 0) seen.names.add(name);
  return schemas.every((schema) => accepts(schema, value));
}

/** Those of `properties`, `patternProperties` and `additionalProperties` that a property of this name must fit. */
function schemasOf(node: SchemaNode, name: string): readonly SchemaNode[] {
  const own = node.properties.get(name);
  const matching = [...node.patterns].filter(([pattern]) => patternMatches(pattern, name)).map(([, schema]) => schema);
  const named = own === undefined ? matching : [own, ...matching];
  return named.length > 0 || node.otherProperties === undefined ? named : [node.otherProperties];
}

function judgeCombined(node: SchemaNode, value: unknown, seen: Seen): Seen | undefined {
  if (!node.allOf.every((schema) => take(judge(schema, value), seen))) return undefined;
  const fitting = (schemas: readonly SchemaNode[]) =>
    schemas.filter((schema) => take(judge(schema, value), seen)).length;
  if (node.anyOf !== undefined && fitting(node.anyOf) === 0) return undefined;
  if (node.oneOf !== undefined && fitting(node.oneOf) !== 1) return undefined;
  if (node.not !== undefined && accepts(node.not, value)) return undefined;
  if (node.conditional === undefined) return seen;
  const holds = take(judge(node.conditional.if, value), seen);
  const branch = holds ? node.conditional.then : node.conditional.else;
  return branch === undefined || take(judge(branch, value), seen) ? seen : undefined;
}

function take(judged: Seen | undefined, seen: Seen): boolean {
  if (judged !== undefined) add(seen, judged);
  return judged !== undefined;
}
