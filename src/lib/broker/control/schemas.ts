import { KBrokerError } from "../../domain/error.ts";
import type { Topic, TopicSchema } from "../../domain/topic.ts";
import { topicNamed } from "../lookup.ts";
import { type Control, orOnConflict, type Undo } from "./control.ts";

export async function createSchema(control: Control, name: string, definition: string): Promise<TopicSchema> {
  const { topic, schema } = topicNamed(control.view, name);
  if (topic.purpose === "dead-letter") {
    throw new KBrokerError("invalid_request", `"${name}" is a dead letter topic, which takes no schema.`, {
      hint: "Give the schema to the topic that the subscription reads.",
    });
  }
  if (schema !== undefined) throw exists(name);
  const created = newSchema(control, topic, definition);
  await putSchema(control, created, () => undefined);
  return created;
}

/** The first version of a topic's schema. Fails with `schema_invalid` when it does not compile. */
export function newSchema({ compileSchema, clock }: Control, topic: Topic, definition: string): TopicSchema {
  compileSchema(definition);
  return { topic: topic.name, topicId: topic.id, version: 1, definition, createdAtMs: clock.now() };
}

/** Overwrites what an earlier topic of that name, or a creation that did not finish, left behind. */
export async function putSchema(control: Control, schema: TopicSchema, undo: (step: Undo) => void): Promise<void> {
  const { engine, view } = control;
  const expected = view.schemaDocumentVersion(schema.topic);
  const document = await orOnConflict(engine.catalog.put("schema", schema.topic, schema, expected), () =>
    exists(schema.topic),
  );
  undo(() => engine.catalog.delete("schema", schema.topic, document.version));
}

function exists(topic: string): KBrokerError {
  return new KBrokerError("schema_exists", `The topic "${topic}" has a schema already.`, {
    hint: `kbroker schema describe ${topic}`,
  });
}
