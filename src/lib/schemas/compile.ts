import { Ajv } from "ajv";
import { Ajv2020, type ErrorObject, type Options } from "ajv/dist/2020.js";
import { acceptsSchema } from "../domain/compatibility/compare.ts";
import { KBrokerError, messageOf, type Problem } from "../domain/error.ts";
import { parseJson } from "../domain/json.ts";
import { type Located, locate } from "../domain/json-place.ts";
import { type CompileSchema, SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX, type Validate } from "../domain/schema.ts";
import { type Dialect, dialectOf } from "../domain/schema-dialect.ts";
import { keywordsOf } from "../domain/schema-keywords.ts";
import { findings } from "./findings.ts";
import { PROBLEMS_MAX, problemsOf } from "./messages.ts";
import { UNIQUE_ITEMS } from "./unique-items.ts";

const OPTIONS: Options = {
  allErrors: true,
  // A message says what the value is, not only what it must be.
  verbose: true,
  // Without it `{}` would have the property "constructor".
  ownProperties: true,
  // The strict mode refuses schemas that the standard allows; `findings` refuses what is truly a mistake.
  strict: false,
  // `format` is an annotation, as in the standard.
  validateFormats: false,
  validateSchema: false,
  addUsedSchema: false,
  // 19.99 is a multiple of 0.01, although 19.99 / 0.01 is 1998.9999999999998.
  multipleOfPrecision: 6,
  // Making the checks shorter takes as long again as making them, and the broker does nothing else meanwhile.
  code: { optimize: false },
  logger: false,
};

/** Compiles schemas without ever asking the network or a file. One of these serves a broker. */
export function createCompileSchema(): CompileSchema {
  const metas: Readonly<Record<Dialect, Ajv>> = { "2020-12": new Ajv2020(OPTIONS), "draft-07": new Ajv(OPTIONS) };

  return (definition) => {
    const schema = parse(definition);
    const dialect = dialectOf(schema) ?? "2020-12";
    const found = [...findings(schema, definition), ...metaProblems(metas[dialect], META_SCHEMAS[dialect], schema)];
    if (found.length > 0) throw invalid(definition, found);
    return build(definition, schema, dialect);
  };
}

function parse(definition: string): object | boolean {
  const bytes = new TextEncoder().encode(definition).length;
  if (bytes > SCHEMA_BYTES_MAX) {
    throw new KBrokerError("schema_invalid", `The schema has ${bytes} bytes; at most ${SCHEMA_BYTES_MAX} are taken.`);
  }
  const parsed = parseJson(definition, SCHEMA_DEPTH_MAX);
  if (parsed.kind === "fault") {
    const { line, column, message } = parsed;
    const text = `The schema is not JSON at line ${line}, column ${column}: ${message}`;
    throw new KBrokerError("schema_invalid", text, { problems: [{ line, column, message }] });
  }
  const { value } = parsed;
  if (typeof value === "boolean") return value;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw invalid(definition, [{ pointer: "", message: "a schema must be an object, true or false" }]);
}

/** An instance of its own for each schema: ids and anchors of one never meet those of another, and nothing is kept but the result. */
function build(definition: string, schema: object | boolean, dialect: Dialect): Validate {
  try {
    const ajv = dialect === "draft-07" ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS);
    ajv.removeKeyword(UNIQUE_ITEMS.keyword.toString());
    ajv.addKeyword(UNIQUE_ITEMS);
    const used = new Set(Array.from(keywordsOf(schema), ({ keyword }) => keyword));
    // Else the library keeps book of what was evaluated, and fails on some objects (a pattern beside an `anyOf`).
    ajv.opts.unevaluated = used.has("unevaluatedItems") || used.has("unevaluatedProperties");
    const validate = ajv.compile(schema);
    const problems: Validate = (value) => (validate(value) ? [] : problemsOf(validate.errors ?? []));
    return [...used].some((keyword) => UNSURE.has(keyword)) ? judged(schema, problems) : problems;
  } catch (error) {
    // Such as a pattern that is no regular expression: the library has found it, in its words.
    throw invalid(definition, [{ pointer: "", message: messageOf(error) }]);
  }
}

/** Where the library, which declares its variables once for all the turns of a loop, takes the verdict on one item for that on the next. */
const UNSURE: ReadonlySet<string> = new Set(["contains", "unevaluatedItems", "unevaluatedProperties"]);

/** For a schema with one of those the verdict is our own, and only the words are the library's. */
function judged(schema: object | boolean, problems: Validate): Validate {
  const fits = acceptsSchema(schema);
  return (value) => {
    if (fits(value)) return [];
    const found = inWords(() => problems(value));
    return found.length > 0 ? found : [{ pointer: "", message: "has a part that the schema does not allow" }];
  };
}

function inWords(find: () => readonly Problem[]): readonly Problem[] {
  try {
    return find();
  } catch (error) {
    // The library's own fault on a value that is refused in any case: only its words are missing.
    if (error instanceof TypeError) return [];
    throw error;
  }
}

function metaProblems(meta: Ajv, metaSchema: string, schema: object | boolean): readonly Problem[] {
  if (typeof schema === "boolean" || meta.validate(metaSchema, schema)) return [];
  const errors: readonly ErrorObject[] = meta.errors ?? [];
  // Of a wrong `type` the library says three things; the third one covers the others.
  const types = new Set(errors.filter(isWrongType).map(({ instancePath }) => instancePath));
  const others = errors.filter((error) => !types.has(error.instancePath));
  return [...Array.from(types, (pointer) => ({ pointer, message: TYPE_MESSAGE })), ...problemsOf(others)];
}

const META_SCHEMAS: Readonly<Record<Dialect, string>> = {
  "2020-12": "https://json-schema.org/draft/2020-12/schema",
  "draft-07": "http://json-schema.org/draft-07/schema",
};
const TYPE_MESSAGE =
  'must be "array", "boolean", "integer", "null", "number", "object" or "string", or a list of different ones';

function isWrongType({ keyword, instancePath }: ErrorObject): boolean {
  return keyword === "anyOf" && instancePath.endsWith("/type");
}

function invalid(definition: string, problems: readonly Problem[]): KBrokerError {
  const shown = problems.slice(0, PROBLEMS_MAX);
  const places = locate(definition, new Set(shown.map(({ pointer = "" }) => pointer)));
  const placed = shown.map((problem) => ({ ...problem, ...placeOfKey(places.get(problem.pointer ?? "")) }));
  const [first] = placed;
  const where = first?.line === undefined ? "" : ` at line ${first.line}, column ${first.column}`;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  const what = `${first?.pointer ? `${first.pointer} ` : ""}${first?.message ?? ""}`;
  return new KBrokerError("schema_invalid", `The schema is not taken${where}: ${what}${more}.`, {
    hint: "Correct the places below; kbroker takes JSON Schema 2020-12 and draft-07 without references.",
    problems: placed,
  });
}

/** A keyword is found at its key. */
function placeOfKey(located: Located | undefined): { line: number; column: number } | undefined {
  return located?.key ?? located?.value;
}
