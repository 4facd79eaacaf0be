import type { Document, YAMLParseError, YAMLWarning } from "yaml";
import { anchorFaults } from "./anchors.ts";
import type { ConfigProblem, Place } from "./problem.ts";

/** A broken line can make the parser complain at every place behind it. Nobody reads more than this. */
const SYNTAX_PROBLEMS_MAX = 20;

const WORDS: Readonly<Record<string, readonly [message: string, fix: string]>> = {
  TAB_AS_INDENT: ["A tab indents this line; YAML indents with spaces only.", "Replace the tab with spaces."],
  MULTIPLE_DOCS: ["A second document starts here; the file is one document.", "Remove the line --- and what follows."],
  BLOCK_AS_IMPLICIT_KEY: [
    "A second colon on this line makes it a mapping within a mapping.",
    'Quote the value (key: "a: b"), or move it to a line of its own.',
  ],
  MISSING_CHAR: ["A quote or a bracket that was opened is not closed.", "Close it."],
  TAG_RESOLVE_FAILED: ["This tag means nothing here and is ignored.", "Remove the tag, or quote the value."],
  BAD_SCALAR_START: ["A value cannot start with this character unless it is quoted.", "Put the value in quotes."],
  BAD_DQ_ESCAPE: [
    "A backslash in double quotes starts an escape that does not exist.",
    "Double the backslash, or use single quotes.",
  ],
};

type PlaceOf = (offset: number) => Place;

/** What the parser and the anchors complain about; an empty list of errors means that the document can be converted. */
export function placedErrors(file: string, doc: Document.Parsed, place: PlaceOf): readonly ConfigProblem[] {
  const problem = (severity: "error" | "warning") => (error: YAMLParseError | YAMLWarning) => {
    const [message, fix] = wordsFor(error);
    return { file, ...place(error.pos[0]), path: "", severity, message, fix };
  };
  const anchors = anchorFaults(doc, SYNTAX_PROBLEMS_MAX).map(({ offset, message, fix }) => {
    return { file, ...place(offset), path: "", severity: "error" as const, message, fix };
  });
  const errors = anchors.length > 0 ? anchors : worthSaying(doc.errors).map(problem("error"));
  return [...errors, ...doc.warnings.slice(0, SYNTAX_PROBLEMS_MAX).map(problem("warning"))];
}

const TOO_DEEP = /^Maximum call stack/;

/** Behind a first fault the parser often sees more at the same place, and behind nesting too deep for it nothing right. */
function worthSaying(errors: readonly YAMLParseError[]): readonly YAMLParseError[] {
  const tooDeep = errors.find(({ message }) => TOO_DEEP.test(message));
  if (tooDeep !== undefined) return [tooDeep];
  return errors
    .filter(({ pos }, index) => index === 0 || pos[0] !== errors[index - 1]?.pos[0])
    .slice(0, SYNTAX_PROBLEMS_MAX);
}

function wordsFor({ code, message }: YAMLParseError | YAMLWarning): readonly [message: string, fix: string] {
  if (TOO_DEEP.test(message)) return ["The values are nested too deeply to be read.", "Flatten them."];
  return WORDS[code] ?? [`Not valid YAML: ${message}.`, "Correct the YAML at this place."];
}
