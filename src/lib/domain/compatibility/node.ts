import type { ValueKind } from "../json-value.ts";

/** One schema, read: what it asks of a value. What a keyword of the other draft says is here under the name of 2020-12. */
export interface SchemaNode {
  /** Equal for schemas that ask the same, whatever their notes. */
  readonly id: number;
  /** Where it stands in its document. */
  readonly pointer: string;
  /** The schema `false`. */
  readonly never: boolean;
  readonly kinds: ReadonlySet<ValueKind> | undefined;
  readonly values: readonly Values[];
  readonly bounds: Bounds;
  readonly multipleOf: number | undefined;
  readonly pattern: string | undefined;
  readonly uniqueItems: boolean;
  readonly items: readonly SchemaNode[];
  readonly otherItems: SchemaNode | undefined;
  readonly contains: Contains | undefined;
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly patterns: ReadonlyMap<string, SchemaNode>;
  readonly otherProperties: SchemaNode | undefined;
  readonly propertyNames: SchemaNode | undefined;
  readonly required: readonly string[];
  readonly dependentRequired: ReadonlyMap<string, readonly string[]>;
  readonly dependentSchemas: ReadonlyMap<string, SchemaNode>;
  readonly allOf: readonly SchemaNode[];
  readonly anyOf: readonly SchemaNode[] | undefined;
  readonly oneOf: readonly SchemaNode[] | undefined;
  readonly not: SchemaNode | undefined;
  readonly conditional: Conditional | undefined;
  readonly unevaluatedItems: SchemaNode | undefined;
  readonly unevaluatedProperties: SchemaNode | undefined;
  /** What this schema, or one in it that applies to the same value, may count as evaluated. */
  readonly evaluates: Evaluates;
}

export const BOUNDS = [
  "minimum",
  "exclusiveMinimum",
  "maximum",
  "exclusiveMaximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
] as const;
export type Bound = (typeof BOUNDS)[number];
export type Bounds = { readonly [B in Bound]?: number };

/** The only values that are taken. */
export interface Values {
  readonly keyword: "enum" | "const";
  readonly list: readonly unknown[];
}

export interface Contains {
  readonly schema: SchemaNode;
  readonly min: number;
  readonly max: number | undefined;
}

export interface Conditional {
  readonly if: SchemaNode;
  readonly then: SchemaNode | undefined;
  readonly else: SchemaNode | undefined;
}

export interface Evaluates {
  readonly names: ReadonlySet<string>;
  readonly patterns: ReadonlySet<string>;
  readonly allProperties: boolean;
  /** Items from the start; Infinity: perhaps every one. */
  readonly itemCount: number;
}

const NOTHING = new Map<string, never>();

/** The schema `true`: the start of every other one. */
export const ANYTHING: SchemaNode = {
  id: 0,
  pointer: "",
  never: false,
  kinds: undefined,
  values: [],
  bounds: {},
  multipleOf: undefined,
  pattern: undefined,
  uniqueItems: false,
  items: [],
  otherItems: undefined,
  contains: undefined,
  properties: NOTHING,
  patterns: NOTHING,
  otherProperties: undefined,
  propertyNames: undefined,
  required: [],
  dependentRequired: NOTHING,
  dependentSchemas: NOTHING,
  allOf: [],
  anyOf: undefined,
  oneOf: undefined,
  not: undefined,
  conditional: undefined,
  unevaluatedItems: undefined,
  unevaluatedProperties: undefined,
  evaluates: { names: new Set(), patterns: new Set(), allProperties: false, itemCount: 0 },
};

/** The id of a node that was made on the way, and is never taken for one of the documents. */
export const MADE = -1;

/** A schema that was made on the way, and stands in for `origin` when a place is named. */
export function made(origin: SchemaNode, asks: Partial<SchemaNode>): SchemaNode {
  return { ...ANYTHING, pointer: origin.pointer, ...asks, id: MADE };
}

/** Where a keyword of `node` stands. */
export function keywordAt({ pointer }: SchemaNode, keyword: string): string {
  return `${pointer}/${keyword}`;
}
