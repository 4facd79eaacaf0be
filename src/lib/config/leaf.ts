import { z } from "zod";

/** What a value must be, in words that follow "expected", and what to write instead. */
export interface Words {
  readonly expected: string;
  readonly fix: string;
  /** Which of several rules a value breaks, where `expected` names more than one. */
  readonly why?: (value: unknown) => string | undefined;
}

/** A schema of one value that knows how to say what it expects. */
export function leaf<T>(accepts: (value: unknown) => value is T, words: Words) {
  return z.custom<T>((value) => accepts(value), { error: words.expected, params: { ...words } });
}

/** A text that `problemOf` finds nothing wrong with; otherwise its words say why. */
export function textWithout(problemOf: (text: string) => string | undefined, words: Words) {
  const why = (value: unknown) => (typeof value === "string" ? problemOf(value) : undefined);
  return leaf((value): value is string => isText(value) && problemOf(value) === undefined, { ...words, why });
}

/** The words that the schema of a failed value gave; `undefined` for a failure of zod's own kinds. */
export function wordsOf(params: Record<string, unknown> | undefined): Words | undefined {
  const { expected, fix, why } = params ?? {};
  if (typeof expected !== "string" || typeof fix !== "string") return undefined;
  return { expected, fix, why: (value) => (typeof why === "function" ? optionalText(why(value)) : undefined) };
}

function optionalText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

export function text(words: Words) {
  return leaf(isText, words);
}

/** A text that `pattern` matches. */
export function textLike(pattern: RegExp, words: Words) {
  return leaf((value): value is string => isText(value) && pattern.test(value), words);
}

/** YAML 1.2: `yes`, `on` and `"true"` are texts. Taking one for true or false would switch something that nobody ordered. */
export function trueOrFalse(key: string) {
  return leaf((value): value is boolean => typeof value === "boolean", {
    expected: "true or false",
    fix: `Write ${key}: true or ${key}: false; yes, no, on, off and quoted words are texts in YAML 1.2.`,
  });
}
