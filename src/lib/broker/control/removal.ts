import { messageOf } from "../../domain/error.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Topic } from "../../domain/topic.ts";
import type { CatalogView, Versioned } from "../catalog-view.ts";
import type { Control } from "./control.ts";
import { forgetJobs } from "./jobs.ts";
import { letGo } from "./let-go.ts";
import { forgetVersions } from "./schema-versions.ts";

type Documents = Pick<CatalogView, "deletedTopics" | "subscriptionDocuments">;

/**
 * Removes what belongs to things that were marked as deleted, and their documents last. Every step may be done twice, so that whoever
 * comes after a crash or a failure does the rest. Never rejects: what fails is reported and tried again with the next change.
 */
export async function removeDeleted(control: Control): Promise<void> {
  if (!isPending(control.view)) return;
  try {
    for (const { value } of control.view.deletedTopics()) {
      // One removal may take another topic along.
      const topic = control.view.topicDocument(value.name);
      if (topic?.value.deletion !== undefined) await removeTopic(control, topic);
    }
    const marked = control.view.subscriptionDocuments().filter(({ value }) => value.deletion !== undefined);
    await removeSubscriptions(control, marked);
  } catch (error) {
    const fields = { error: messageOf(error) };
    control.observer.log("error", "What belongs to something deleted could not be removed; it is tried again.", fields);
  }
}

function isPending(view: Documents): boolean {
  return (
    view.deletedTopics().length > 0 || view.subscriptionDocuments().some(({ value }) => value.deletion !== undefined)
  );
}

/** Cursors go before the log that they point into: a log that is shorter than a cursor would look like a loss. */
async function removeTopic(control: Control, { value: topic, version }: Versioned<Topic>): Promise<void> {
  const { engine, view } = control;
  const readers = view.subscriptionDocuments().filter(({ value }) => value.topicId === topic.id);
  const marked = await Promise.all(readers.map((reader) => withMark(control, reader, topic)));
  await removeSubscriptions(control, marked);
  const schemaVersion = view.schemaDocumentVersion(topic.name);
  if (schemaVersion > 0) await engine.catalog.delete("schema", topic.name, schemaVersion);
  await forgetVersions(engine, topic);
  await engine.log.deleteTopic(topic.id);
  await engine.schedules.forget(topic.id);
  await engine.catalog.delete("topic", topic.name, version);
}

/** The owner of a subscription lets go when it hears of the mark. */
async function withMark(
  { engine }: Control,
  { value, version }: Versioned<Subscription>,
  { deletion }: Topic,
): Promise<Versioned<Subscription>> {
  if (value.deletion !== undefined || deletion === undefined) return { value, version };
  const marked = { ...value, deletion };
  const document = await engine.catalog.put("subscription", value.name, marked, version);
  return { value: marked, version: document.version };
}

async function removeSubscriptions(control: Control, marked: readonly Versioned<Subscription>[]): Promise<void> {
  const { engine } = control;
  // Together: each waits for what is in flight.
  await Promise.all(marked.map(({ value }) => letGo(control, value.id)));
  for (const { value, version } of marked) {
    await engine.cursors.forget(value.id);
    await forgetJobs(control, value.id);
    if (value.deletion?.purgeErrors === true) await removeErrors(control, value);
    await engine.catalog.delete("subscription", value.name, version);
  }
}

/** Checked once more: after a crash somebody else may use the topic by now, and then it stays. */
async function removeErrors(control: Control, { deadLetterTopic, deletion }: Subscription): Promise<void> {
  const { view, engine } = control;
  const found = view.topicDocument(deadLetterTopic);
  if (found === undefined || found.value.purpose !== "dead-letter" || deletion === undefined) return;
  if (view.topic(deadLetterTopic) !== undefined) {
    if (usersOf(view, found.value).length > 0) return;
    await engine.catalog.put("topic", deadLetterTopic, { ...found.value, deletion }, found.version);
  }
  const marked = view.topicDocument(deadLetterTopic);
  if (marked !== undefined) await removeTopic(control, marked);
}

/** Subscriptions that read a topic or keep their dead letters in it. */
export function usersOf(view: CatalogView, { id, name }: Topic): readonly Subscription[] {
  return view.subscriptions().filter(({ topicId, deadLetterTopic }) => topicId === id || deadLetterTopic === name);
}
