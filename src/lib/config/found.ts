const TEXT_LENGTH_MAX = 40;

/** What stands there, in words for a message: `the text "yes"`, `the number 3`, `a list`. Never a whole document. */
export function found(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "string") return value === "" ? "an empty text" : `the text ${JSON.stringify(shortened(value))}`;
  if (typeof value === "number" || typeof value === "bigint") return `the number ${value}`;
  if (typeof value === "boolean") return `${value}`;
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return "a mapping";
}

/** An address may hold a password. */
function shortened(whole: string): string {
  const text = whole.replace(/\/\/[^/]*@/, "//…@");
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
}
