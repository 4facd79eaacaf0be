import { KBrokerError } from "../domain/error.ts";
import { nearest } from "../domain/nearest.ts";
import type { Subscription } from "../domain/subscription.ts";
import type { CatalogView, TopicEntry, Versioned } from "./catalog-view.ts";

/** Fails with `topic_not_found` and the nearest name. */
export function topicNamed(view: CatalogView, name: string): TopicEntry {
  const entry = view.topic(name);
  if (entry !== undefined) return entry;
  const near = nearest(
    name,
    view.topics().map(({ topic }) => topic.name),
  );
  throw new KBrokerError("topic_not_found", `There is no topic "${shown(name)}".${meant(near)}`, {
    hint: near === undefined ? "kbroker topic list" : `kbroker topic describe ${near}`,
  });
}

/** Fails with `subscription_not_found` and the nearest name. */
export function subscriptionNamed(view: CatalogView, name: string): Versioned<Subscription> {
  const subscription = view.subscription(name);
  if (subscription !== undefined) return subscription;
  const near = nearest(
    name,
    view.subscriptions().map((candidate) => candidate.name),
  );
  throw new KBrokerError("subscription_not_found", `There is no subscription "${shown(name)}".${meant(near)}`, {
    hint: near === undefined ? "kbroker subscription list" : `kbroker subscription describe ${near}`,
  });
}

function meant(near: string | undefined): string {
  return near === undefined ? "" : ` Did you mean "${near}"?`;
}

/** A name from a request may be as long as a URL. */
function shown(name: string): string {
  return name.length <= 200 ? name : `${name.slice(0, 200)}…`;
}
