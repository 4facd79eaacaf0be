import { open } from "node:fs/promises";
import { type Code, KBrokerError, messageOf } from "../domain/error.ts";
import { parseJson } from "../domain/json.ts";
import { SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX } from "../domain/schema.ts";

const PART_BYTES = 1_048_576;

/** How much of something is read, and what more of it is called. */
export interface ReadLimit {
  readonly what: string;
  readonly bytesMax: number;
  readonly code: Code;
}

/** A file's bytes. A file that cannot be read is a mistake on the command line. */
export async function readBytes(path: string, limit: ReadLimit): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      return await atMost(file.createReadStream({ end: limit.bytesMax, autoClose: false }), limit);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof KBrokerError ? error : unreadable(path, error);
  }
}

/** A file's bytes as they are read; never more than a part of it is held. */
export async function* streamFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    const file = await open(path);
    try {
      yield* file.createReadStream({ autoClose: false, highWaterMark: PART_BYTES });
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof KBrokerError ? error : unreadable(path, error);
  }
}

/** All of a stream; more than `bytesMax` is an error, and no more than that is ever held. */
export async function atMost(stream: AsyncIterable<Uint8Array>, limit: ReadLimit): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > limit.bytesMax) throw tooLarge(limit);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

export function tooLarge({ what, bytesMax, code }: ReadLimit): KBrokerError {
  return new KBrokerError(code, `${what} is over ${bytesMax.toLocaleString("en-US")} bytes.`);
}

/** The text of a JSON Schema's file, byte for byte. */
export async function readSchema(path: string): Promise<string> {
  const bytes = await readBytes(path, { what: path, bytesMax: SCHEMA_BYTES_MAX, code: "schema_invalid" });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new KBrokerError("schema_invalid", `${path} is not UTF-8.`, { cause: error });
  }
}

/** For a prompt: why the file cannot be a JSON Schema, as far as that shows without a broker. */
export async function schemaFileProblem(path: string): Promise<string | undefined> {
  try {
    const parsed = parseJson(await readSchema(path), SCHEMA_DEPTH_MAX);
    return parsed.kind === "fault"
      ? `${path}:${parsed.line}:${parsed.column} is not JSON: ${parsed.message}`
      : undefined;
  } catch (error) {
    if (error instanceof KBrokerError) return error.message;
    throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "no permission",
  EPERM: "no permission",
};

function unreadable(path: string, error: unknown): KBrokerError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reason = REASONS[code] ?? messageOf(error);
  return new KBrokerError("usage", `Cannot read ${path}: ${reason}.`, { cause: error });
}
