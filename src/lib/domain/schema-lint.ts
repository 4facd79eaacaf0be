import { isJsonObject } from "./json-value.ts";

/** One complaint, at a keyword. */
export interface Complaint {
  readonly path: readonly string[];
  readonly message: string;
}

type Schema = Readonly<Record<string, unknown>>;
type IsKnown = (keyword: string) => boolean;

/** What schemas around this one say of the same value. */
interface Around {
  readonly types: readonly string[] | undefined;
  readonly names: ReadonlySet<string>;
}

const ALONE: Around = { types: undefined, names: new Set() };

/** Keywords whose schemas are about the same value, and about another one. */
const SAME = ["not", "if", "then", "else"];
const SAME_LISTS = ["allOf", "anyOf", "oneOf"];
const OTHER = [
  ...["items", "additionalItems", "contains", "additionalProperties", "propertyNames"],
  ...["unevaluatedItems", "unevaluatedProperties"],
];
const OTHER_NAMED = ["properties", "patternProperties"];

/** Goes through a valid schema; `isKnown` says which keywords its draft has. */
export function* lint(schema: unknown, isKnown: IsKnown): Generator<Complaint> {
  yield* look(schema, [], { isKnown, around: ALONE });
}

interface Context {
  readonly isKnown: IsKnown;
  readonly around: Around;
}

function* look(schema: unknown, path: readonly string[], { isKnown, around }: Context): Generator<Complaint> {
  if (!isJsonObject(schema)) return;
  const own = typesOf(schema);
  const names = new Set([...around.names, ...Object.keys(Object(schema.properties))]);
  const here: Around = { types: own ?? around.types, names };
  for (const keyword of Object.keys(schema)) {
    const message = complaint(schema, keyword, { isKnown, around });
    if (message !== undefined) yield { path: [...path, keyword], message };
  }
  yield* missingTypes(schema, path, here.types);
  yield* missingNames(schema, path, names);
  for (const [keyword, inner, same] of schemasIn(schema)) {
    // What is asked of names is asked of strings.
    const next = same ? here : keyword[0] === "propertyNames" ? { ...ALONE, types: ["string"] } : ALONE;
    yield* look(inner, [...path, ...keyword], { isKnown, around: next });
  }
}

function typesOf({ type }: Schema): readonly string[] | undefined {
  if (type === undefined) return undefined;
  return [type].flat().filter((one) => typeof one === "string");
}

function* schemasIn(schema: Schema): Generator<readonly [path: readonly string[], schema: unknown, same: boolean]> {
  const list = (value: unknown) => (Array.isArray(value) ? [...value.entries()] : []);
  for (const name of SAME) yield [[name], schema[name], true];
  for (const name of SAME_LISTS)
    for (const [index, one] of list(schema[name])) yield [[name, String(index)], one, true];
  for (const name of ["dependentSchemas", "dependencies"])
    for (const [key, one] of entries(schema[name])) yield [[name, key], one, true];
  for (const name of OTHER) yield [[name], schema[name], false];
  for (const name of ["items", "prefixItems"])
    for (const [index, one] of list(schema[name])) yield [[name, String(index)], one, false];
  for (const name of OTHER_NAMED) for (const [key, one] of entries(schema[name])) yield [[name, key], one, false];
}

function entries(value: unknown): readonly (readonly [string, unknown])[] {
  return isJsonObject(value) ? Object.entries(value) : [];
}

function complaint(schema: Schema, keyword: string, { isKnown, around }: Context): string | undefined {
  const has = (other: string) => schema[other] !== undefined;
  switch (keyword) {
    case "if":
      return has("then") || has("else") ? undefined : 'checks nothing without "then" or "else"';
    case "then":
    case "else":
      return schema.if === undefined ? 'checks nothing without "if"' : undefined;
    case "minContains":
    case "maxContains":
      return has("contains") ? undefined : 'checks nothing without "contains"';
    case "contains":
      return schema.minContains === 0 && !has("maxContains") ? 'checks nothing with "minContains": 0' : undefined;
    case "additionalItems":
      if (!isKnown(keyword)) return 'is of an older draft and checks nothing; 2020-12 has "prefixItems" and "items"';
      return Array.isArray(schema.items) ? undefined : 'checks nothing unless "items" is a list';
    case "type":
      return typeComplaint(typesOf(schema) ?? [], around.types);
    case "format":
      return 'is a note and checks nothing; use "pattern" where it matters';
    case "nullable":
      return 'is of OpenAPI, not of JSON Schema; write "null" into "type"';
    case "prefixItems":
      return openTuple(schema, schema.items === false);
    case "items":
      return Array.isArray(schema.items) ? openTuple(schema, schema.additionalItems === false) : undefined;
    case "patternProperties":
      return matchedTwice(schema);
    default:
      return isKnown(keyword) || keyword.startsWith("x-")
        ? undefined
        : 'is no keyword and checks nothing; begin a note of your own with "x-"';
  }
}

function typeComplaint(types: readonly string[], around: readonly string[] | undefined): string | undefined {
  const allowed = (type: string) =>
    around === undefined || around.includes(type) || (type === "integer" && around.includes("number"));
  const outside = types.find((type) => !allowed(type));
  if (outside !== undefined)
    return `can never be "${outside}", as the schema around this one takes only ${around?.join(" or ")}`;
  const several = types.length > 1 && !(types.length === 2 && types.includes("null"));
  return several ? `lets values of ${types.length} types through, which each consumer has to tell apart` : undefined;
}

function openTuple(schema: Schema, isClosed: boolean): string | undefined {
  const list: readonly unknown[] = [schema.prefixItems ?? schema.items].flat();
  const length = list.length;
  const isWhole = schema.minItems === length && (schema.maxItems === length || isClosed);
  return isWhole
    ? undefined
    : `takes lists that are shorter or longer; "minItems" and "maxItems" of ${length} would not`;
}

function matchedTwice({ properties, patternProperties }: Schema): string | undefined {
  for (const pattern of Object.keys(Object(patternProperties))) {
    const name = Object.keys(Object(properties)).find((one) => new RegExp(pattern, "u").test(one));
    if (name !== undefined) return `matches the property "${name}" as well, which has to fit both schemas`;
  }
  return undefined;
}

const TYPES_OF: Readonly<Record<string, readonly string[]>> = {
  object: [
    ...["properties", "patternProperties", "additionalProperties", "propertyNames", "required", "minProperties"],
    ...["maxProperties", "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties"],
  ],
  array: [
    "items",
    "prefixItems",
    "additionalItems",
    "contains",
    "minItems",
    "maxItems",
    "uniqueItems",
    "unevaluatedItems",
  ],
  string: ["minLength", "maxLength", "pattern"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
};

/** A keyword for objects lets every string through. One complaint for each type is enough. */
function* missingTypes(
  schema: Schema,
  path: readonly string[],
  types: readonly string[] | undefined,
): Generator<Complaint> {
  for (const [type, keywords] of Object.entries(TYPES_OF)) {
    const keyword = keywords.find((one) => schema[one] !== undefined);
    const given = types?.some((one) => one === type || (one === "integer" && type === "number"));
    if (keyword === undefined || given === true) continue;
    const message =
      types === undefined
        ? `checks only values that are of type ${type}, and lets all others through; add "type": "${type}"`
        : `checks nothing, as values of type ${type} are not taken`;
    yield { path: [...path, keyword], message };
  }
}

function* missingNames(schema: Schema, path: readonly string[], names: ReadonlySet<string>): Generator<Complaint> {
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  for (const [index, name] of required.entries()) {
    if (typeof name !== "string" || names.has(name)) continue;
    yield {
      path: [...path, "required", String(index)],
      message: `requires "${name}", of which "properties" says nothing`,
    };
  }
}
