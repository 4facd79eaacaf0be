import type { Connector } from "../domain/connector.ts";
import { KBrokerError } from "../domain/error.ts";
import { nearest } from "../domain/nearest.ts";
import type { Subscription } from "../domain/subscription.ts";
import type { Topic } from "../domain/topic.ts";
import type { CatalogView, TopicEntry, Versioned } from "./catalog-view.ts";

/** Fails with `topic_not_found` and the nearest name. */
export function topicNamed(view: CatalogView, name: string): TopicEntry {
  const entry = view.topic(name);
  if (entry !== undefined) return entry;
  throw topicNotFound(view, name);
}

function topicNotFound(view: CatalogView, name: string): KBrokerError {
  const near = nearest(
    name,
    view.topics().map(({ topic }) => topic.name),
  );
  return new KBrokerError("topic_not_found", `There is no topic "${shown(name)}".${meant(near)}`, {
    hint: near === undefined ? "kbroker topic list" : `kbroker topic describe ${near}`,
  });
}

/** An engine knows ids only: what it says of a topic that was deleted meanwhile is said by the topic's name. */
export async function ofTopic<T>(view: CatalogView, { name, id }: Topic, act: Promise<T>): Promise<T> {
  const found = await unlessGone(act, () => view.topic(name)?.topic.id !== id);
  if (found === GONE) throw topicNotFound(view, name);
  return found;
}

/** What is looked at in turn, without what was deleted before its turn came. */
export async function allThatStay<T, V>(
  items: readonly T[],
  look: (item: T) => Promise<V>,
  isGone: (item: T) => boolean,
): Promise<readonly V[]> {
  const views: V[] = [];
  for (const item of items) {
    const view = await unlessGone(look(item), () => isGone(item));
    if (view !== GONE) views.push(view);
  }
  return views;
}

const GONE = Symbol("gone");

async function unlessGone<T>(look: Promise<T>, isGone: () => boolean): Promise<T | typeof GONE> {
  try {
    return await look;
  } catch (error) {
    if (error instanceof KBrokerError && error.code === "topic_not_found" && isGone()) return GONE;
    throw error;
  }
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

/** Fails with `connector_not_found`, and the nearest name or how far its deletion is. */
export function connectorNamed(view: CatalogView, name: string): Versioned<Connector> {
  const connector = view.connector(name);
  if (connector !== undefined) return connector;
  const goes = view.connectorDocuments().find(({ value }) => value.name === name);
  if (goes !== undefined) throw connectorGoes(goes.value);
  const near = nearest(
    name,
    view.connectors().map((candidate) => candidate.name),
  );
  throw new KBrokerError("connector_not_found", `There is no connector "${shown(name)}".${meant(near)}`, {
    hint: near === undefined ? "kbroker connector list" : `kbroker connector describe ${near}`,
  });
}

function connectorGoes({ name, slot }: Connector): KBrokerError {
  const message = `The connector "${name}" was deleted; its replication slot "${slot}" is still to be removed.`;
  return new KBrokerError("connector_not_found", message, {
    hint: `It is tried each minute; with "kbroker connector delete ${name} --keep-slot" the slot is given up.`,
  });
}

function meant(near: string | undefined): string {
  return near === undefined ? "" : ` Did you mean "${near}"?`;
}

/** A name from a request may be as long as a URL. */
function shown(name: string): string {
  return name.length <= 200 ? name : `${name.slice(0, 200)}…`;
}
