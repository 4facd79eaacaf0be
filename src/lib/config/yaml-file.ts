import { LineCounter, parseDocument } from "yaml";
import { messageOf } from "../domain/error.ts";
import { duplicateKeys } from "./duplicate-keys.ts";
import { locator, type Part } from "./locate.ts";
import type { ConfigProblem, Path, Place } from "./problem.ts";
import { placedErrors } from "./yaml-errors.ts";

/** More than this many anchors resolved in one document is an attack, not a configuration. */
const ALIAS_COUNT_MAX = 100;

export interface YamlFile {
  /** `undefined` where the text is no single YAML document; `problems` then says why. */
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** Where the value or the key at `path` stands; of what is missing, the nearest thing around it. */
  readonly locate: (path: Path, part?: Part) => Place;
}

/** Never throws, whatever `text` holds. */
export function parseYaml(file: string, text: string): YamlFile {
  try {
    return parsed(file, text);
  } catch (error) {
    return unreadable([{ file, line: 1, column: 1, path: "", severity: "error", ...failureWords(error) }]);
  }
}

function parsed(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  const place = (offset: number) => placeIn(lines, Math.min(offset, text.length));
  // The library compares each key with all others of its map: 90 000 keys, still under 1 MB, would take two minutes.
  const doc = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    uniqueKeys: false,
    logLevel: "error",
  });
  const syntax = placedErrors(file, doc, place);
  if (syntax.some(({ severity }) => severity === "error")) return unreadable(syntax);
  const value: unknown = doc.toJS({ maxAliasCount: ALIAS_COUNT_MAX });
  const problems = [...syntax, ...duplicateKeys(file, doc, place)];
  const locate = locator(doc);
  return { value, problems, locate: (path, part = "value") => place(locate(path, part)) };
}

function unreadable(problems: readonly ConfigProblem[]): YamlFile {
  return { value: undefined, problems, locate: () => ({ line: 1, column: 1 }) };
}

function placeIn(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function failureWords(error: unknown): { message: string; fix: string } {
  const text = messageOf(error);
  if (text.startsWith("Excessive alias count"))
    return {
      message: "The anchors multiply into far more than the file holds.",
      fix: "Write the values out where they are used.",
    };
  if (text.startsWith("Merge sources"))
    return { message: "<< merges something that is no mapping.", fix: "Let the anchor behind << name a mapping." };
  if (error instanceof RangeError)
    return { message: "The values are nested too deeply to be read.", fix: "Flatten them." };
  return { message: `The file cannot be read as YAML: ${text}.`, fix: "Correct the YAML." };
}
