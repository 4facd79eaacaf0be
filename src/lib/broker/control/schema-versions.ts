import { isTopicSchema } from "../../domain/documents.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Topic, TopicSchema } from "../../domain/topic.ts";
import type { Engine } from "../../engine/port.ts";
import { topicNamed } from "../lookup.ts";
import type { Control } from "./control.ts";

const KIND = "schema-version";

function nameOf(topic: string, version: number): string {
  return `${topic}@${version}`;
}

/** Keeps a version that is about to be followed by another. Done twice it is done once; what another topic of the name left is replaced. */
export async function keepVersion({ engine }: Pick<Control, "engine">, schema: TopicSchema): Promise<void> {
  const name = nameOf(schema.topic, schema.version);
  const kept = await engine.catalog.get(KIND, name);
  await engine.catalog.put(KIND, name, schema, kept?.version ?? 0);
}

/** One version of the topic's schema, the newest when none is asked for. Fails with `schema_not_found` or `schema_version_not_found`. */
export async function schemaVersion(control: Control, name: string, version?: number): Promise<TopicSchema> {
  const newest = newestSchema(control, name);
  if (version === undefined || version === newest.version) return newest;
  const kept = await control.engine.catalog.get(KIND, nameOf(name, version));
  // A version of an earlier topic of that name belongs to nobody.
  if (isTopicSchema(kept?.value) && kept.value.topicId === newest.topicId && version < newest.version)
    return kept.value;
  throw new KBrokerError(
    "schema_version_not_found",
    `The schema of topic "${name}" has no version ${version}; the newest is ${newest.version}.`,
    { hint: `kbroker schema list ${name}` },
  );
}

export function newestSchema({ view }: Pick<Control, "view">, name: string): TopicSchema {
  const { schema } = topicNamed(view, name);
  if (schema !== undefined) return schema;
  throw new KBrokerError("schema_not_found", `The topic "${name}" has no schema.`, {
    hint: `kbroker schema create ${name} --file schema.json`,
  });
}

/** The newest version of each topic that has a schema; of one topic every version, the newest first. */
export async function listSchemas(control: Control, name?: string): Promise<readonly TopicSchema[]> {
  if (name === undefined) return control.view.topics().flatMap(({ schema }) => schema ?? []);
  const newest = newestSchema(control, name);
  const versions = Array.from({ length: newest.version }, (_, index) => newest.version - index);
  return Promise.all(versions.map((version) => schemaVersion(control, name, version)));
}

/** Removes the earlier versions of a topic that goes. What is not there is fine. */
export async function forgetVersions(engine: Engine, { name, id }: Topic): Promise<void> {
  for (const document of await engine.catalog.list(KIND)) {
    const { value } = document;
    const isOurs = document.name.startsWith(`${name}@`) && isTopicSchema(value) && value.topicId === id;
    if (isOurs) await engine.catalog.delete(KIND, document.name, document.version);
  }
}
