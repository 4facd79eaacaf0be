import { open } from "node:fs/promises";
import { KBrokerError } from "../domain/error.ts";

/** A JSON Schema is written by people; the broker takes no larger one either. */
export const SCHEMA_BYTES_MAX = 1_048_576;

/** A file's bytes, at most `bytesMax`. A file that cannot be read is a mistake on the command line. */
export async function readBytes(path: string, what: string, bytesMax: number): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      return await atMost(file.createReadStream({ end: bytesMax, autoClose: false }), what, bytesMax);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof KBrokerError ? error : unreadable(path, error);
  }
}

/** All of a stream; more than `bytesMax` is an error, and no more than that is ever held. */
export async function atMost(stream: AsyncIterable<Uint8Array>, what: string, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > bytesMax) {
      throw new KBrokerError("payload_too_large", `${what} is over ${bytesMax.toLocaleString("en-US")} bytes.`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The text of a JSON Schema's file, byte for byte. */
export async function readSchema(path: string): Promise<string> {
  const bytes = await readBytes(path, path, SCHEMA_BYTES_MAX);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new KBrokerError("schema_invalid", `${path} is not UTF-8.`, { cause: error });
  }
}

/** For a prompt: why the file cannot be a JSON Schema, as far as that shows without a broker. */
export async function schemaFileProblem(path: string): Promise<string | undefined> {
  try {
    JSON.parse(await readSchema(path));
    return undefined;
  } catch (error) {
    if (error instanceof KBrokerError) return error.message;
    if (error instanceof SyntaxError) return `${path} is not JSON: ${error.message}`;
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
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
  return new KBrokerError("usage", `Cannot read ${path}: ${reason}.`, { cause: error });
}
