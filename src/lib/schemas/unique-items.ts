import type { FuncKeywordDefinition } from "ajv/dist/2020.js";

/**
 * `uniqueItems` in one pass. The library's own compares each item with each other one: an array of objects as large as a payload may
 * be would hold up every other publish for seconds.
 */
export const UNIQUE_ITEMS: FuncKeywordDefinition = {
  keyword: "uniqueItems",
  type: "array",
  schemaType: "boolean",
  error: { message: "must not have equal items" },
  validate: (unique: boolean, items: readonly unknown[]) =>
    !unique || new Set(items.map((item) => canonical(item))).size === items.length,
};

/** The same text for equal JSON values, whatever the order of their members. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.sort().join()}}`;
}
