import type { Deletion } from "../../domain/deletion.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Topic } from "../../domain/topic.ts";
import { subscriptionNamed, topicNamed } from "../lookup.ts";
import type { DeletedSubscription, DeleteSubscription } from "../requests/subscriptions.ts";
import type { DeletedTopic, DeleteTopic } from "../requests/topics.ts";
import { againOnConflict, type Control } from "./control.ts";
import { keptCount } from "./kept.ts";
import { lagOf } from "./lag.ts";
import { removeDeleted, usersOf } from "./removal.ts";

/** The mark decides: before it is durable everything is there, after it nothing is, whatever happens to who removes the rest. */
export async function deleteTopic(control: Control, name: string, options: DeleteTopic): Promise<DeletedTopic> {
  const { engine, view } = control;
  const { topic, schema } = topicNamed(view, name);
  const readers = view.subscriptionsOf(topic);
  checkUnwritten(control, topic);
  checkUnused(control, topic, readers);
  if (readers.length > 0 && !options.cascade) throw hasSubscriptions(topic, readers);
  if (options.purgeErrors) for (const reader of readers) checkErrorsUnused(control, reader, readers);
  const subscriptions: DeletedSubscription[] = [];
  for (const reader of readers) subscriptions.push(await deletedSubscription(control, reader, options));
  const messages = await keptCount(control, topic);
  const scheduled = await engine.schedules.count(topic.id);
  const imported = topic.imported !== undefined;
  const deleted = {
    ...{ name, id: topic.id, imported, messages, scheduled },
    ...{ schemaVersion: schema?.version ?? null, subscriptions },
  };
  if (options.dryRun) return deleted;
  await againOnConflict(async () => {
    const { topic: now } = topicNamed(view, name);
    const version = view.topicDocument(name)?.version ?? 0;
    await engine.catalog.put("topic", name, { ...now, deletion: mark(control, options) }, version);
  });
  await removeDeleted(control);
  return deleted;
}

export async function deleteSubscription(
  control: Control,
  name: string,
  options: DeleteSubscription,
): Promise<DeletedSubscription> {
  const { value: subscription } = subscriptionNamed(control.view, name);
  if (options.purgeErrors) checkErrorsUnused(control, subscription, [subscription]);
  const deleted = await deletedSubscription(control, subscription, options);
  if (options.dryRun) return deleted;
  await againOnConflict(async () => {
    const { value, version } = subscriptionNamed(control.view, name);
    const marked = { ...value, deletion: mark(control, options) };
    await control.engine.catalog.put("subscription", name, marked, version);
  });
  await removeDeleted(control);
  return deleted;
}

function mark({ clock }: Control, { purgeErrors }: DeleteSubscription): Deletion {
  return { atMs: clock.now(), purgeErrors };
}

async function deletedSubscription(
  control: Control,
  subscription: Subscription,
  { purgeErrors }: DeleteSubscription,
): Promise<DeletedSubscription> {
  const { name, id, topic, deadLetterTopic } = subscription;
  const { lag } = await lagOf(control, subscription);
  const errors = control.view.topic(deadLetterTopic)?.topic;
  const deadLetters = errors === undefined ? 0 : await keptCount(control, errors);
  return { name, id, topic, lag, deadLetterTopic, deadLetters, errorsPurged: purgeErrors };
}

function hasSubscriptions({ name }: Topic, readers: readonly Subscription[]): KBrokerError {
  const names = listed(readers);
  return new KBrokerError("topic_in_use", `The topic "${name}" has ${counted(readers)}: ${names}.`, {
    hint: `kbroker topic delete ${name} --cascade`,
  });
}

/** Its connector would stop at the next change. */
function checkUnwritten({ view }: Control, topic: Topic): void {
  const writer = view.connectorOf(topic);
  const table = writer?.tables.find(({ topicId }) => topicId === topic.id);
  if (writer === undefined || table === undefined) return;
  const mend = writer.tables.length === 1 ? "delete" : "update";
  const what = mend === "delete" ? "" : ` --remove-table ${table.schema}.${table.table}`;
  throw new KBrokerError("topic_in_use", `The connector "${writer.name}" writes to the topic "${topic.name}".`, {
    hint: `kbroker connector ${mend} ${writer.name}${what}`,
  });
}

/** A dead letter topic stays as long as somebody gives messages up into it; it goes with the last of them, not before. */
function checkUnused({ view }: Control, topic: Topic, going: readonly Subscription[]): void {
  const givers = usersOf(view, topic).filter((user) => !going.includes(user));
  if (givers.length === 0) return;
  throw new KBrokerError("topic_in_use", `The topic "${topic.name}" holds the dead letters of ${listed(givers)}.`, {
    hint: `kbroker subscription delete ${givers[0]?.name}${givers.length === 1 ? " --purge-errors" : ""}`,
  });
}

function checkErrorsUnused(
  { view }: Control,
  { name, deadLetterTopic }: Subscription,
  going: readonly Subscription[],
): void {
  const errors = view.topic(deadLetterTopic)?.topic;
  const others = errors === undefined ? [] : usersOf(view, errors).filter((user) => !going.includes(user));
  if (others.length === 0) return;
  throw new KBrokerError(
    "topic_in_use",
    `The dead letter topic "${deadLetterTopic}" of "${name}" is used by ${listed(others)}, too, and cannot be purged.`,
    { hint: "Delete without --purge-errors; the topic stays for the others." },
  );
}

function listed(subscriptions: readonly Subscription[]): string {
  return subscriptions.map(({ name }) => name).join(", ");
}

function counted({ length }: readonly Subscription[]): string {
  return length === 1 ? "a subscription" : `${length} subscriptions`;
}
