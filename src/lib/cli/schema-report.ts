import { KBrokerError, type Problem } from "../domain/error.ts";
import { plain } from "./plain.ts";
import { shellLine } from "./shell.ts";

/** Names the file in each problem that the broker found in the text that was read from it. */
export async function inFile<T>(file: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw error instanceof KBrokerError && OF_FILE.has(error.code) ? withFile(error, file) : error;
  }
}

const OF_FILE: ReadonlySet<string> = new Set(["schema_invalid", "schema_incompatible"]);

function withFile(error: KBrokerError, file: string): KBrokerError {
  const { code, message, hint, requestId, cause } = error;
  const problems = error.problems?.map((problem) => ({ ...problem, file }));
  return new KBrokerError(code, message, {
    hint: hint?.replace("<file>", shellLine([file])),
    requestId,
    cause,
    problems,
  });
}

/** `Warning: order.json:3:5 /properties/a …`, a line each. */
export function warningLines(warnings: readonly Problem[], file: string): readonly string[] {
  return warnings.map((warning) => `Warning: ${placeText(warning, file)}`);
}

/** A line for each place of a payload that does not fit. */
export function problemLines(problems: readonly Problem[], file: string | undefined): readonly string[] {
  return problems.map((problem) => placeText(problem, file));
}

function placeText({ line, column, pointer = "", message }: Problem, file: string | undefined): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return plain(`${place} ${pointer === "" ? "(whole document)" : pointer} ${message}`);
}
