import { KBrokerError } from "../../domain/error.ts";
import { PRIVATE_SUBSCRIPTIONS_MAX, type Topic } from "../../domain/topic.ts";
import type { TopicEntry } from "../catalog-view.ts";
import { ofTopic, topicNamed } from "../lookup.ts";
import type { Change } from "../requests/subscriptions.ts";
import type { UpdatedTopic, UpdateTopic } from "../requests/topics.ts";
import { changesBetween, settingsOfTopic } from "./changes.ts";
import type { Control } from "./control.ts";
import { keptCount } from "./kept.ts";
import { checkWish, layoutOf } from "./topic-layout.ts";
import { checkTtl, viewOf } from "./topics.ts";

/** Changes what is given. What is as it was is no change; what is not possible changes nothing. */
export async function updateTopic(control: Control, name: string, request: UpdateTopic): Promise<UpdatedTopic> {
  const { view, engine } = control;
  const entry = topicNamed(view, name);
  const { topic } = entry;
  const { ttlMs = topic.ttlMs, visibility = topic.visibility, partitions, dryRun } = request;
  checkTtl(ttlMs);
  if (visibility !== topic.visibility) checkVisibility(control, entry);
  const grown = partitions === undefined ? [] : await checkedGrowth(control, topic, partitions);
  const wanted: Topic = { ...topic, ttlMs, visibility };
  const changes = changesBetween(settingsOfTopic(topic), settingsOfTopic(wanted));
  const expires = ttlMs < topic.ttlMs ? (await keptCount(control, topic)) - (await keptCount(control, wanted)) : 0;
  // The storage may still refuse; what was changed before that would stay.
  if (partitions !== undefined && !dryRun) await engine.layouts?.setPartitions(topic.id, partitions);
  if (changes.length > 0 && !dryRun) {
    await engine.catalog.put("topic", name, wanted, view.topicDocument(name)?.version ?? 0);
  }
  const described = await ofTopic(view, topic, viewOf(control, topicNamed(view, name)));
  return { ...described, changes: [...changes, ...grown], expires: Math.max(0, expires) };
}

/** What so many partitions change, if it is possible. */
async function checkedGrowth(control: Control, topic: Topic, partitions: number): Promise<readonly Change[]> {
  checkWish(control, { partitions });
  await control.engine.layouts?.setPartitions(topic.id, partitions, { dryRun: true });
  const now = (await layoutOf(control, topic))?.partitions.length ?? partitions;
  return changesBetween({ partitions: String(now) }, { partitions: String(partitions) });
}

/** Whether a topic can become what it is not. */
function checkVisibility({ view }: Control, { topic, schema }: TopicEntry): void {
  const { name, purpose, visibility } = topic;
  if (purpose === "dead-letter") {
    throw new KBrokerError("invalid_request", `"${name}" is a dead letter topic: it is neither public nor private.`, {
      hint: `kbroker topic update ${name} --ttl 3d`,
    });
  }
  if (visibility === "private" && schema === undefined) {
    throw new KBrokerError("schema_required", `The topic "${name}" needs a schema before it becomes public.`, {
      hint: `kbroker schema create ${name} --file schema.json`,
    });
  }
  const readers = view.subscriptionsOf(topic).map((subscription) => subscription.name);
  if (visibility === "private" || readers.length <= PRIVATE_SUBSCRIPTIONS_MAX) return;
  throw new KBrokerError(
    "subscription_limit",
    `A private topic has at most ${PRIVATE_SUBSCRIPTIONS_MAX} subscriptions, and "${name}" has ${readers.length}: ${readers.join(", ")}.`,
    { hint: `kbroker subscription delete ${readers.at(-1)}` },
  );
}
