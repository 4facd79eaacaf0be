import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { stringify } from "yaml";
import { authFile, authFileKeys, missingOfFaces } from "../../../src/lib/config/auth-file.ts";
import { configFile, configFileKeys } from "../../../src/lib/config/config-file.ts";
import { loadText } from "../../../src/lib/config/load-file.ts";
import type { ConfigProblem } from "../../../src/lib/config/problem.ts";

const WORDS = ["auth", "enabled", "kbroker", "environments", "dev", "admin", "jobs", "name", "command", "schedule"];
const MARKS = [
  ":",
  " ",
  "\n",
  "\n  ",
  "- ",
  "[",
  "]",
  "{",
  "}",
  ",",
  "&a ",
  "*a",
  "<<: ",
  "?",
  "|",
  ">",
  "'",
  '"',
  "\t",
  "\r\n",
  "#",
  "---\n",
  "!x ",
  "%YAML 1.1\n",
  "\uFEFF",
  "é",
];

/** Text that is YAML often enough to get somewhere. */
const yamlish = fc
  .array(fc.oneof(fc.constantFrom(...WORDS), fc.constantFrom(...MARKS), fc.string({ maxLength: 4, unit: "binary" })), {
    maxLength: 60,
  })
  .map((parts) => parts.join(""));

/** Right keys with anything behind them. */
const structure = fc.letrec((tie) => ({
  node: fc.oneof({ maxDepth: 4 }, fc.jsonValue({ maxDepth: 1 }), tie("list"), tie("map")),
  list: fc.array(tie("node"), { maxLength: 3 }),
  map: fc.dictionary(fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 3 })), tie("node"), { maxKeys: 4 }),
})).node;

const CONFIG = { schema: configFile, known: configFileKeys };
const AUTH = { schema: authFile, known: authFileKeys, further: missingOfFaces };

function isWithin(text: string, { line, column }: ConfigProblem): boolean {
  const at = text.split("\n")[line - 1];
  return at !== undefined && column >= 1 && column <= at.length + 1;
}

describe("whatever a file holds, it never throws, and every problem has a place within the file", () => {
  test.prop([yamlish], { numRuns: 1_000 })("as text", (text) => {
    for (const { problems } of [loadText("f", text, CONFIG), loadText("f", text, AUTH)]) {
      expect(problems.filter((problem) => !isWithin(text, problem))).toEqual([]);
    }
  });

  test.prop([structure], { numRuns: 500 })("as values under our keys", (value) => {
    const text = stringify(value);

    for (const { problems } of [loadText("f", text, CONFIG), loadText("f", text, AUTH)]) {
      expect(problems.filter((problem) => !isWithin(text, problem))).toEqual([]);
      expect(problems.filter(({ message, fix }) => message === "" || fix === "")).toEqual([]);
    }
  });

  test.prop([structure], { numRuns: 500 })("and a value is there exactly when no problem is an error", (value) => {
    const { problems, value: read } = loadText("f", stringify({ kbroker: value }), CONFIG);

    expect(read === undefined).toBe(problems.some(({ severity }) => severity === "error"));
  });
});
