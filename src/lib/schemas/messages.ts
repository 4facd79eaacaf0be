import type { ErrorObject } from "ajv/dist/2020.js";
import type { Problem } from "../domain/error.ts";

/** More places than this help nobody. */
export const PROBLEMS_MAX = 50;

/** How many allowed values a message lists. */
const VALUES_SHOWN_MAX = 10;
const VALUE_LENGTH_MAX = 60;

/** What does not fit, each with the pointer of the value it is about, in words for the one who wrote the value. */
export function problemsOf(errors: readonly ErrorObject[]): readonly Problem[] {
  // The failed `propertyNames` or `if` only repeats, without a reason, what its inner errors say.
  const telling = errors.filter(({ keyword }) => keyword !== "propertyNames" && keyword !== "if");
  const kept = telling.length > 0 ? telling : errors;
  const problems = new Map<string, Problem>();
  for (const error of kept) {
    if (problems.size === PROBLEMS_MAX) break;
    const problem = { pointer: pointerTo(error), message: messageOf(error) };
    // One value may fail in the same way in several branches of a schema.
    problems.set(`${problem.pointer} ${problem.message}`, problem);
  }
  return Array.from(problems.values());
}

function pointerTo({ instancePath, keyword, params }: ErrorObject): string {
  const extra = extraProperty(keyword, params);
  return extra === undefined ? instancePath : `${instancePath}/${extra.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function messageOf(error: ErrorObject): string {
  const message = sentence(error);
  return error.propertyName === undefined ? message : `property name '${error.propertyName}' ${message}`;
}

function sentence({ keyword, params, data, message = "does not fit" }: ErrorObject): string {
  switch (keyword) {
    case "required":
      return `must have property '${params.missingProperty}'`;
    case "dependentRequired":
    case "dependencies":
      return `must have property '${params.missingProperty}', as it has '${params.property}'`;
    case "type":
      return `must be ${[params.type].flat().join(" or ")}, is ${typeOf(data)}`;
    case "additionalProperties":
    case "unevaluatedProperties":
      return `must not have property '${extraProperty(keyword, params)}'`;
    case "enum":
      return `must be one of ${list(params.allowedValues)}, is ${short(data)}`;
    case "const":
      return `must be ${short(params.allowedValue)}, is ${short(data)}`;
    case "minLength":
    case "maxLength":
      return `${bound(keyword, params.limit)} characters, has ${Array.from(String(data)).length}`;
    case "minItems":
    case "maxItems":
      return `${bound(keyword, params.limit)} items, has ${Array.isArray(data) ? data.length : 0}`;
    case "minProperties":
    case "maxProperties":
      return `${bound(keyword, params.limit)} properties, has ${Object.keys(Object(data)).length}`;
    case "pattern":
      return `must match the pattern ${params.pattern}, is ${short(data)}`;
    case "false schema":
      return "must not be there";
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
    case "multipleOf":
      return `${message}, is ${short(data)}`;
    default:
      return message;
  }
}

function extraProperty(keyword: string, params: ErrorObject["params"]): string | undefined {
  if (keyword === "additionalProperties") return String(params.additionalProperty);
  return keyword === "unevaluatedProperties" ? String(params.unevaluatedProperty) : undefined;
}

function bound(keyword: string, limit: unknown): string {
  return `must have at ${keyword.startsWith("min") ? "least" : "most"} ${String(limit)}`;
}

function list(values: unknown): string {
  const all: readonly unknown[] = Array.isArray(values) ? values : [values];
  const shown = all.slice(0, VALUES_SHOWN_MAX).map(short).join(", ");
  return all.length > VALUES_SHOWN_MAX ? `${shown} and ${all.length - VALUES_SHOWN_MAX} more` : shown;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function short(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  const text = JSON.stringify(value);
  return text.length <= VALUE_LENGTH_MAX ? text : `${text.slice(0, VALUE_LENGTH_MAX)}…`;
}
