import { canonicalJson, type ValueKind } from "../json-value.ts";

const VALUES_SHOWN_MAX = 6;
const VALUE_LENGTH_MAX = 40;

/** "string", "string or null", "string, number or null". */
export function kindsText(kinds: Iterable<ValueKind>): string {
  const all = new Set(kinds);
  const isNumber = all.has("integer") && all.has("fraction");
  const names = [...all].flatMap((kind) => {
    if (kind === "integer") return isNumber ? ["number"] : ["integer"];
    if (kind === "fraction") return isNumber ? [] : ["number with a fraction"];
    return [kind];
  });
  return alternatives(names);
}

function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

export function valuesText(values: readonly unknown[]): string {
  const shown = values.slice(0, VALUES_SHOWN_MAX).map(valueText);
  const more = values.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : alternatives(shown);
}

function valueText(value: unknown): string {
  const text = canonicalJson(value);
  return text.length <= VALUE_LENGTH_MAX ? text : `${text.slice(0, VALUE_LENGTH_MAX)}…`;
}
