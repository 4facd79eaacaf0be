import { KBrokerError } from "../../domain/error.ts";
import { PRIVATE_SUBSCRIPTIONS_MAX, type Topic } from "../../domain/topic.ts";
import type { TopicEntry } from "../catalog-view.ts";
import { topicNamed } from "../lookup.ts";
import type { UpdatedTopic, UpdateTopic } from "../requests/topics.ts";
import { changesBetween, settingsOfTopic } from "./changes.ts";
import type { Control } from "./control.ts";
import { keptCount } from "./kept.ts";
import { checkTtl, describeTopic } from "./topics.ts";

/** Changes what is given. What is as it was is no change; what is not possible changes nothing. */
export async function updateTopic(control: Control, name: string, request: UpdateTopic): Promise<UpdatedTopic> {
  const entry = topicNamed(control.view, name);
  const { topic } = entry;
  const { ttlMs = topic.ttlMs, visibility = topic.visibility } = request;
  checkTtl(ttlMs);
  if (visibility !== topic.visibility) checkVisibility(control, entry);
  const wanted: Topic = { ...topic, ttlMs, visibility };
  const changes = changesBetween(settingsOfTopic(topic), settingsOfTopic(wanted));
  const expires = ttlMs < topic.ttlMs ? (await keptCount(control, topic)) - (await keptCount(control, wanted)) : 0;
  if (changes.length > 0 && !request.dryRun) {
    await control.engine.catalog.put("topic", name, wanted, control.view.topicDocument(name)?.version ?? 0);
  }
  return { ...(await describeTopic(control, name)), changes, expires: Math.max(0, expires) };
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
