import { incompatibilities } from "../../domain/compatibility/compare.ts";
import { KBrokerError } from "../../domain/error.ts";
import { SCHEMA_VERSIONS_MAX } from "../../domain/schema.ts";
import { incompatible, problemsOf } from "../../domain/schema-update.ts";
import type { TopicSchema } from "../../domain/topic.ts";
import type { SchemaUpdated, UpdateSchema } from "../requests/schemas.ts";
import { type Control, orOnConflict } from "./control.ts";
import { keepVersion, newestSchema } from "./schema-versions.ts";

/**
 * The next version of a topic's schema, if it is compatible with the newest one or if somebody insists. The same text again changes
 * nothing, so that a pipeline may run it each time.
 */
export async function updateSchema(control: Control, request: UpdateSchema): Promise<SchemaUpdated> {
  const { topic, definition, compatibility, force = false, dryRun = false } = request;
  const newest = newestSchema(control, topic);
  checkBase(newest, request.baseVersion);
  if (definition === newest.definition)
    return { schema: newest, previousVersion: newest.version, changed: false, problems: [] };
  control.compileSchema(definition);
  if (newest.version >= SCHEMA_VERSIONS_MAX) throw tooMany(topic);
  const [old, next] = [
    { name: `version ${newest.version}`, ...newest },
    { name: "the new schema", definition },
  ];
  const problems = problemsOf(incompatibilities(old, next, compatibility), newest.version, compatibility);
  if (problems.length > 0 && !force) throw incompatible(topic, problems, compatibility);
  const { topicId } = newest;
  const createdAtMs = control.clock.now();
  const version = newest.version + 1;
  const schema = { topic, topicId, version, definition, createdAtMs, compatibility, forced: problems.length > 0 };
  if (!dryRun) await replace(control, newest, schema);
  return { schema, previousVersion: newest.version, changed: true, problems };
}

/** The version that goes is kept first: a crash between the two leaves it there twice, and the topic as it was. */
async function replace(control: Control, newest: TopicSchema, schema: TopicSchema): Promise<void> {
  const { engine, view } = control;
  const expected = view.schemaDocumentVersion(schema.topic);
  await keepVersion(control, newest);
  await orOnConflict(engine.catalog.put("schema", schema.topic, schema, expected), () => changed(schema.topic));
}

/** Fails with `version_conflict` when what was looked at is not the newest any more. */
function checkBase({ topic, version }: TopicSchema, base: number | undefined): void {
  if (base !== undefined && base !== version) throw changed(topic);
}

function changed(topic: string): KBrokerError {
  return new KBrokerError("version_conflict", `Somebody else changed the schema of topic "${topic}" meanwhile.`, {
    hint: `kbroker schema describe ${topic}`,
  });
}

function tooMany(topic: string): KBrokerError {
  return new KBrokerError(
    "schema_version_limit",
    `The schema of topic "${topic}" has ${SCHEMA_VERSIONS_MAX} versions, and no more are kept.`,
    { hint: "Publish to a new topic from here on, or delete this one and create it again." },
  );
}
