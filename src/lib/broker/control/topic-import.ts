import { checkName } from "../../domain/names.ts";
import type { Adoptable } from "../../engine/port.ts";
import type { ImportTopic, TopicView } from "../requests/topics.ts";
import { allOrNothing, type Control } from "./control.ts";
import { newSchema, putSchema } from "./schemas.ts";
import { layoutsFor } from "./topic-layout.ts";
import { checkFree, checkTtlOf, newTopic, putDocument, viewOf } from "./topics.ts";

const WHAT = "Topics to import";

/** What `importTopic` takes. */
export function importableTopics(control: Control): Promise<readonly Adoptable[]> {
  return layoutsFor(control, WHAT).adoptable();
}

/** A topic that the storage has already becomes a topic, with its schema if there is one: both or neither. */
export async function importTopic(control: Control, request: ImportTopic): Promise<TopicView> {
  const { engine } = control;
  const layouts = layoutsFor(control, WHAT);
  checkName("topic", request.name);
  checkTtlOf(request);
  checkFree(control, request.name);
  const topic = newTopic(control, request);
  const schema = request.schema === undefined ? undefined : newSchema(control, topic, request.schema);
  const imported = await allOrNothing(async (undo) => {
    if (schema !== undefined) await putSchema(control, schema, undo);
    const adopted = await layouts.adopt(topic.id, topic.name);
    undo(() => engine.log.deleteTopic(topic.id));
    const document = { ...topic, imported: adopted };
    await putDocument(control, document, undo);
    return document;
  }, control);
  return viewOf(control, { topic: imported, schema });
}
