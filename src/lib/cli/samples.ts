import { KBrokerError } from "../domain/error.ts";
import { inferSchema } from "../domain/infer-schema.ts";
import { parseJson } from "../domain/json.ts";
import { SCHEMA_DEPTH_MAX } from "../domain/schema.ts";
import { type ReadLimit, readBytes } from "./files.ts";

const SAMPLE_BYTES_MAX = 1_048_576;

/** The draft of a schema, as text for a person to go over. Each file holds one JSON document, or one a line. */
export async function draftFrom(files: readonly string[]): Promise<string> {
  const samples: unknown[] = [];
  for (const file of files) samples.push(...(await samplesIn(file)));
  return `${JSON.stringify(inferSchema(samples), null, 2)}\n`;
}

async function samplesIn(file: string): Promise<readonly unknown[]> {
  const limit: ReadLimit = { what: file, bytesMax: SAMPLE_BYTES_MAX, code: "usage" };
  const text = decoded(await readBytes(file, limit), file);
  const whole = parseJson(text, SCHEMA_DEPTH_MAX);
  if (whole.kind === "value") return [whole.value];
  const lines = text.split("\n").flatMap((line, index) => (line.trim() === "" ? [] : [{ line, number: index + 1 }]));
  if (lines.length === 0)
    throw new KBrokerError("usage", `${file} is empty.`, { hint: "Put a message into it that the topic will carry." });
  return lines.map(({ line, number }) => {
    const parsed = parseJson(line, SCHEMA_DEPTH_MAX);
    if (parsed.kind === "value") return parsed.value;
    // A document over several lines has its fault where the whole has it.
    const { line: at, column, message } = number === 1 ? whole : { ...parsed, line: number };
    throw new KBrokerError("invalid_json", `${file}:${at}:${column} is not JSON: ${message}`, {
      problems: [{ file, line: at, column, message }],
    });
  });
}

function decoded(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new KBrokerError("usage", `${file} is not UTF-8.`, { cause: error });
  }
}
