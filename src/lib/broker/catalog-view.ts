import type { Connector } from "../domain/connector.ts";
import { isConnector, isSubscription, isTopic, isTopicSchema } from "../domain/documents.ts";
import { KBrokerError } from "../domain/error.ts";
import { conflictKey } from "../domain/names.ts";
import type { Subscription } from "../domain/subscription.ts";
import type { Topic, TopicSchema } from "../domain/topic.ts";
import type { Catalog, CatalogDocument, DocumentKind } from "../engine/port.ts";

/** A topic with the schema that is bound to it. The same object until one of the two changes. */
export interface TopicEntry {
  readonly topic: Topic;
  readonly schema: TopicSchema | undefined;
}

export interface Versioned<T> {
  readonly version: number;
  readonly value: T;
}

/**
 * What exists, in memory, so that no publish asks storage. It has each change before the call that made it answers. What is marked as
 * deleted does not exist, nor does a subscription of such a topic.
 */
export interface CatalogView {
  topic(name: string): TopicEntry | undefined;
  topics(): readonly TopicEntry[];
  /** The topic whose name is equal to `name` or differs only in `.` and `_`. */
  topicLike(name: string): Topic | undefined;
  subscription(name: string): Versioned<Subscription> | undefined;
  subscriptions(): readonly Subscription[];
  subscriptionLike(name: string): Subscription | undefined;
  subscriptionsOf(topic: Topic): readonly Subscription[];
  /** The version of the schema document of that name, even of one left behind for a topic that is not there; 0: none. */
  schemaDocumentVersion(name: string): number;
  /** The document itself, marked as deleted or not: for who changes it. */
  topicDocument(name: string): Versioned<Topic> | undefined;
  /** Topics that are marked as deleted and still have something to be removed. */
  deletedTopics(): readonly Versioned<Topic>[];
  /** Every subscription's document, also of one that is marked as deleted or whose topic is. */
  subscriptionDocuments(): readonly Versioned<Subscription>[];
  connector(name: string): Versioned<Connector> | undefined;
  connectors(): readonly Connector[];
  /** The connector that writes to this topic. */
  connectorOf(topic: Topic): Connector | undefined;
  /** Every connector's document by name, also of one that is marked as deleted. */
  connectorDocuments(): readonly Versioned<Connector>[];
  /** Stops following the catalog. */
  close(): void;
}

const KINDS = ["topic", "schema", "subscription", "connector"] as const satisfies readonly DocumentKind[];

/** `report` hears of a document that this version cannot read; at open that is an error instead. */
export async function openCatalogView(catalog: Catalog, report: (error: unknown) => void): Promise<CatalogView> {
  const store = createStore();
  const changed = new Set<string>();
  const unwatch = catalog.watch(({ kind, name, document }) => {
    changed.add(`${kind}/${name}`);
    try {
      store.apply(kind, name, document);
    } catch (error) {
      report(error);
    }
  });
  const lists = await Promise.all(KINDS.map((kind) => catalog.list(kind)));
  for (const document of lists.flat()) {
    // A change told while the list was on its way is newer than the list.
    if (!changed.has(`${document.kind}/${document.name}`)) store.apply(document.kind, document.name, document);
  }
  return { ...store.view, close: unwatch };
}

interface Store {
  apply(kind: DocumentKind, name: string, document: CatalogDocument | undefined): void;
  readonly view: Omit<CatalogView, "close">;
}

function createStore(): Store {
  const topics = new Map<string, Versioned<Topic>>();
  const schemas = new Map<string, Versioned<TopicSchema>>();
  const subscriptions = new Map<string, Versioned<Subscription>>();
  const connectors = new Map<string, Versioned<Connector>>();
  const entries = new Map<string, TopicEntry>();

  function bind(name: string): void {
    const topic = topics.get(name)?.value;
    if (topic === undefined || topic.deletion !== undefined) entries.delete(name);
    else {
      const schema = schemas.get(name)?.value;
      entries.set(name, { topic, schema: schema?.topicId === topic.id ? schema : undefined });
    }
  }

  const isThere = ({ deletion, topic, topicId }: Subscription) =>
    deletion === undefined && entries.get(topic)?.topic.id === topicId;
  const connected = () => valuesByName(connectors).filter(({ deletion }) => deletion === undefined);
  const there = () => valuesByName(subscriptions).filter(isThere);

  return {
    apply(kind, name, document) {
      if (kind === "topic") setOrDelete(topics, name, document && read(document, isTopic));
      else if (kind === "schema") setOrDelete(schemas, name, document && read(document, isTopicSchema));
      else if (kind === "subscription") setOrDelete(subscriptions, name, document && read(document, isSubscription));
      else if (kind === "connector") setOrDelete(connectors, name, document && read(document, isConnector));
      if (kind === "topic" || kind === "schema") bind(name);
    },
    view: {
      topic: (name) => entries.get(name),
      topics: () => byName(entries.values(), ({ topic }) => topic.name),
      topicLike: (name) =>
        like(
          Array.from(entries.values(), ({ topic }) => topic),
          name,
        ),
      subscription: (name) => {
        const found = subscriptions.get(name);
        return found !== undefined && isThere(found.value) ? found : undefined;
      },
      subscriptions: there,
      subscriptionLike: (name) => like(there(), name),
      subscriptionsOf: (topic) => there().filter(({ topicId }) => topicId === topic.id),
      schemaDocumentVersion: (name) => schemas.get(name)?.version ?? 0,
      topicDocument: (name) => topics.get(name),
      deletedTopics: () => Array.from(topics.values()).filter(({ value }) => value.deletion !== undefined),
      subscriptionDocuments: () => Array.from(subscriptions.values()),
      connector: (name) => {
        const found = connectors.get(name);
        return found?.value.deletion === undefined ? found : undefined;
      },
      connectors: connected,
      connectorOf: ({ id }) => connected().find(({ tables }) => tables.some(({ topicId }) => topicId === id)),
      connectorDocuments: () => byName(connectors.values(), ({ value }) => value.name),
    },
  };
}

function read<T>(document: CatalogDocument, is: (value: unknown) => value is T): Versioned<T> {
  if (is(document.value)) return { version: document.version, value: document.value };
  throw new KBrokerError(
    "data_unreadable",
    `The stored ${document.kind} "${document.name}" has a form that this version does not know.`,
    { hint: "Run the version of kbroker that wrote it, or a newer one." },
  );
}

function setOrDelete<T>(map: Map<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) map.delete(name);
  else map.set(name, value);
}

function like<T extends { readonly name: string }>(values: Iterable<T>, name: string): T | undefined {
  const key = conflictKey(name);
  for (const value of values) if (conflictKey(value.name) === key) return value;
  return undefined;
}

function valuesByName<T extends { readonly name: string }>(map: ReadonlyMap<string, Versioned<T>>): readonly T[] {
  return byName(map.values(), ({ value }) => value.name).map(({ value }) => value);
}

function byName<T>(values: Iterable<T>, name: (value: T) => string): readonly T[] {
  return Array.from(values).sort((a, b) => (name(a) < name(b) ? -1 : 1));
}
