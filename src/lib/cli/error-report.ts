import { CODES, KBrokerError, type Problem } from "../domain/error.ts";
import type { Paint } from "./colour.ts";
import { plain } from "./plain.ts";

/** Problems beyond this many are counted, not shown; `--json` has them all. */
const PROBLEMS_SHOWN_MAX = 20;

/** Whatever was thrown, as an error that has a code. One that nobody foresaw is `internal`. */
export function asKBrokerError(thrown: unknown): KBrokerError {
  if (isKBrokerError(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return new KBrokerError("internal", message, {
    cause: thrown,
    hint: "Set DEBUG=1 and run it again to see where this comes from.",
  });
}

/** By its name and its code, not its class: the bundled CLI and the server that it loads each have a class of their own. */
function isKBrokerError(thrown: unknown): thrown is KBrokerError {
  if (!(thrown instanceof Error && thrown.name === "KBrokerError" && "code" in thrown)) return false;
  return typeof thrown.code === "string" && Object.hasOwn(CODES, thrown.code);
}

/** The document that `--json` prints for a failure. */
export function errorJson(error: KBrokerError) {
  const { code, message, hint, requestId, problems } = error;
  return { error: { code, message, hint, exit: CODES[code].exit, requestId, problems } };
}

/** For people: one line that says what happened, the places, then what to do next. */
export function errorText(error: KBrokerError, paint: Paint): string {
  const problems = placesOf(error);
  const lines = [`${paint.red("Error:")} ${plain(error.message)}`];
  if (problems.length === 0) lines.push(...fixLines(error.problems?.[0]?.fix));
  lines.push(...problems.slice(0, PROBLEMS_SHOWN_MAX).map((problem) => `  ${problemText(problem, paint)}`));
  if (problems.length > PROBLEMS_SHOWN_MAX) {
    lines.push(`  … and ${problems.length - PROBLEMS_SHOWN_MAX} more; --json shows them all.`);
  }
  if (error.hint !== undefined) lines.push(hintText(error.hint, paint));
  if (error.code === "internal" && error.requestId !== undefined) lines.push(`Request: ${plain(error.requestId)}`);
  return `${lines.join("\n")}\n`;
}

/** A single problem that the message tells already is not told twice; what mends it is told all the same. */
function placesOf({ message, problems = [] }: KBrokerError): readonly Problem[] {
  const [only, ...others] = problems;
  const isTold = only !== undefined && others.length === 0 && only.file === undefined && message.includes(only.message);
  return isTold ? [] : problems;
}

function hintText(hint: string, paint: Paint): string {
  if (hint.startsWith("kbroker ")) return `Try: ${paint.bold(plain(hint))}`;
  return hint.split("\n").map(plain).join("\n");
}

function problemText({ file, fix, pointer, path, line, column, message, old }: Problem, paint: Paint): string {
  const place = [file ?? path, line, column].filter((part) => part !== undefined).join(":");
  const within = pointer === "" ? "(whole document)" : (pointer ?? "");
  const where = plain([place, within].filter((part) => part !== "").join(" "));
  const what = plain(file === undefined || path === undefined || path === "" ? message : `${path}: ${message}`);
  const before =
    old === undefined ? "" : ` (version ${old.version}, ${old.line}:${old.column}: ${old.pointer || "the whole"})`;
  const text = where === "" ? what : `${paint.bold(where)}  ${what}${paint.dim(plain(before))}`;
  return [text, ...fixLines(fix)].join("\n");
}

/** On its own, to be copied. */
function fixLines(fix: string | undefined): string[] {
  return fix === undefined ? [] : [`    ${plain(fix)}`];
}
