import { differenceOf } from "../../domain/compatibility/difference.ts";
import { KBrokerError } from "../../domain/error.ts";
import { parsePayload } from "../../domain/json.ts";
import { withPlaces } from "../../domain/payload-places.ts";
import type { CheckSchema, DiffSchemas, SchemaChecked, SchemasDiffer } from "../requests/schemas.ts";
import type { Control } from "./control.ts";
import { newestSchema, schemaVersion } from "./schema-versions.ts";

/** Whether a schema would be taken, and whether a payload fits it, as creating and publishing would find. */
export async function checkSchema(
  control: Control,
  { topic, version, definition, payload }: CheckSchema,
): Promise<SchemaChecked> {
  const schema = topic === undefined ? undefined : await schemaVersion(control, topic, version);
  const text = definition ?? schema?.definition;
  if (text === undefined) throw new KBrokerError("invalid_request", "Name a topic, or give a schema.");
  const validate = control.compileSchema(text);
  const about = { definition: text, version: schema?.version ?? null };
  if (payload === undefined) return { ...about, problems: [] };
  const bytes = new TextEncoder().encode(payload);
  return { ...about, problems: withPlaces(validate(parsePayload(bytes)), bytes) };
}

/** What changed between two versions, or between a version and a schema that is none yet. */
export async function diffSchemas(control: Control, request: DiffSchemas): Promise<SchemasDiffer> {
  const { topic, definition } = request;
  const newest = newestSchema(control, topic);
  const to = definition === undefined ? await schemaVersion(control, topic, request.to) : null;
  const before = to === null ? newest.version : to.version - 1;
  if (request.from === undefined && before === 0) {
    throw new KBrokerError("schema_version_not_found", `Version 1 is the first schema of topic "${topic}".`, {
      hint: `kbroker schema diff ${topic} --schema <file>`,
    });
  }
  const from = await schemaVersion(control, topic, request.from ?? before);
  if (definition !== undefined) control.compileSchema(definition);
  const names = [`version ${from.version}`, to === null ? "the new schema" : `version ${to.version}`] as const;
  const next = { name: names[1], definition: definition ?? to?.definition ?? "" };
  return { from, to, ...differenceOf({ name: names[0], definition: from.definition }, next) };
}
