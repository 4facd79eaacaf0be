import type { z } from "zod";
import { found } from "./found.ts";
import { type KnownKeys, unknownKeys } from "./known-keys.ts";
import { wordsOf } from "./leaf.ts";
import type { Finding, Path, Segment } from "./problem.ts";

/** A complaint of zod's in our words: what was expected, what is there, what to write. */
export function findings(issue: z.core.$ZodIssue, root: unknown, known: readonly KnownKeys[]): readonly Finding[] {
  const path = issue.path.map((segment): Segment => (typeof segment === "symbol" ? String(segment) : segment));
  const value = valueAt(root, path);
  const error = (message: string, fix: string): Finding => ({ path, severity: "error", message, fix });
  if (issue.code === "unrecognized_keys") return unknownKeys(path, { value, unknown: issue.keys, known });
  if (issue.code === "invalid_key") return [{ ...error(...keyWords(issue.issues)), at: "key" }];
  if (issue.code === "custom") return [leafFinding(path, value, issue)];
  if (issue.code === "too_small")
    return [error("Expected at least one entry, found an empty list.", "Add an entry, or remove the key.")];
  if (issue.code !== "invalid_type") return [error(issue.message, "Correct the value.")];
  return [value === undefined ? missing(path, TYPE_WORDS[issue.expected]?.[0]) : error(...typeWords(issue, value))];
}

function leafFinding(path: Path, value: unknown, issue: z.core.$ZodIssueCustom): Finding {
  const words = wordsOf(issue.params);
  if (words === undefined) return { path, severity: "error", message: issue.message, fix: "Correct the value." };
  if (value === undefined) return missing(path, words.expected, words.fix);
  const why = words.why?.(value);
  const message = `Expected ${words.expected}, found ${found(value)}${why === undefined ? "" : `: ${why}`}.`;
  return { path, severity: "error", message, fix: words.fix };
}

const TYPE_WORDS: Readonly<Record<string, readonly [expected: string, fix: string]>> = {
  object: ["a mapping", "Write its keys below it, one a line, indented by two spaces."],
  record: ["a mapping", "Write its keys below it, one a line, indented by two spaces."],
  array: ["a list", "Write each entry on a line of its own that starts with a hyphen, or all of them as [a, b]."],
};

function typeWords(issue: z.core.$ZodIssueInvalidType, value: unknown): [message: string, fix: string] {
  const [expected, fix] = TYPE_WORDS[issue.expected] ?? [issue.expected, "Correct the value."];
  const empty = "Indent what belongs to it below it, or remove the line.";
  return [`Expected ${expected}, found ${found(value)}.`, value === null ? empty : fix];
}

function keyWords(issues: readonly z.core.$ZodIssue[]): [message: string, fix: string] {
  const [first] = issues;
  const words = first?.code === "custom" ? wordsOf(first.params) : undefined;
  return words === undefined
    ? ["Expected another key.", "Rename the key."]
    : [`Expected ${words.expected}.`, "Rename the key."];
}

function missing(path: Path, expected = "a value", fix = "Add it."): Finding {
  return { path, severity: "error", message: `${String(path.at(-1))} is missing: expected ${expected}.`, fix };
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, segment) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return undefined;
    return Object.getOwnPropertyDescriptor(value, segment)?.value;
  }, root);
}
