import { KBrokerError } from "../../domain/error.ts";
import { inTurnByKey } from "../../domain/in-turn.ts";
import { keepNewest } from "../../domain/keep-newest.ts";
import type { LayoutWish } from "../../domain/layout.ts";
import type { Shard } from "../port.ts";
import type { OwnDocuments } from "./fold/own-documents.ts";
import { configsOfNew } from "./topic-configs.ts";
import { CREATING, isTopicDocument, type TopicDocument } from "./topic-document.ts";
import { KafkaFailure } from "./wire/failure.ts";
import type { KafkaTopic } from "./wire/metadata.ts";
import { createKafkaTopic, deleteKafkaTopic, ledTopic, type NewTopic } from "./wire/topics.ts";
import { NEW_TOPIC_MS, type Wire } from "./wire/wire.ts";

export interface TopicsOptions {
  readonly wire: Wire;
  readonly documents: OwnDocuments;
  /** Of a new topic of which nobody said how many. */
  readonly partitions: number;
  /** Before the names of Kafka's topics. */
  readonly topicPrefix: string;
  /** Whether nothing was ever written to it. */
  readonly isUnused: (topic: KafkaTopic) => Promise<boolean>;
}

/** Which Kafka topic each topic is. */
export interface Topics {
  /** One that exists is left as it is. Fails with `topic_exists` where Kafka has a topic of that name that is not ours; it is not touched. */
  create(topicId: string, name: string, wish?: LayoutWish): Promise<void>;
  /** Fails as `create` would, as far as that can be known; changes nothing. */
  tryCreate(name: string, wish: LayoutWish): Promise<void>;
  /** The Kafka topic with this id of Kafka's, as it is. Fails with `topic_exists` where it is one of ours. */
  adopt(topicId: string, name: string, uuid: string): Promise<void>;
  /** One that was adopted is only let go of. */
  remove(topicId: string): Promise<void>;
  /** As known here. Fails with `topic_not_found`. */
  find(topicId: string): Promise<KafkaTopic>;
  /** The same, not older than a few seconds: an operator may add partitions. */
  fresh(topicId: string): Promise<KafkaTopic>;
  /** The topic of a shard that there is. */
  ofShard(shard: Shard): Promise<KafkaTopic>;
}

const FRESH_MS = 3_000;
/** Topics of which it is remembered when they were asked for. */
const ASKED_MAX = 10_000;
const POLL_MS = 100;

export function createTopics({ wire, documents, partitions, topicPrefix, isUnused }: TopicsOptions): Topics {
  const turns = inTurnByKey();
  const askedAtMs = new Map<string, number>();
  /** By the id of a topic that Kafka does not have: since when, in monotonic time. */
  const missingSinceMs = new Map<string, number>();

  function documentOf(topicId: string): TopicDocument | undefined {
    const value = documents.get("kafka-topic", topicId);
    return isTopicDocument(value) ? value : undefined;
  }

  async function documentNow(topicId: string): Promise<TopicDocument | undefined> {
    const known = documentOf(topicId);
    if (known !== undefined) return known;
    await documents.caughtUp();
    return documentOf(topicId);
  }

  async function find(topicId: string): Promise<KafkaTopic> {
    for (;;) {
      const document = await documentNow(topicId);
      const found = document === undefined ? undefined : await foundInKafka(document);
      if (document === undefined || found !== undefined) missingSinceMs.delete(topicId);
      if (document === undefined) throw notFound(topicId);
      if (found !== undefined) return found;
      if (!mayCome(topicId)) throw notFound(topicId, `Kafka's topic "${document.name}", which held it, was deleted.`);
      await wire.clock.after(POLL_MS);
    }
  }

  async function foundInKafka({ name, uuid }: TopicDocument): Promise<KafkaTopic | undefined> {
    const known = await wire.topic(name);
    if (known?.uuid === uuid) return known;
    const now = await askAnew(name);
    return now?.uuid === uuid ? now : undefined;
  }

  /** Another node may have made it a moment ago, and the broker that this one asks not have heard of it yet. */
  function mayCome(topicId: string): boolean {
    const nowMs = wire.clock.monotonic();
    const sinceMs = missingSinceMs.get(topicId) ?? nowMs;
    keepNewest(missingSinceMs, [topicId, sinceMs], ASKED_MAX);
    return nowMs - sinceMs < NEW_TOPIC_MS;
  }

  async function askAnew(name: string): Promise<KafkaTopic | undefined> {
    keepNewest(askedAtMs, [name, wire.clock.monotonic()], ASKED_MAX);
    wire.forgetTopic(name);
    return wire.topic(name);
  }

  function newTopic(name: string, { configs, partitions: count = partitions, ...rest }: LayoutWish): NewTopic {
    return { ...rest, name, partitions: count, configs: configsOfNew(configs) };
  }

  /** One of that name that is ours to take; fails where there is another one. */
  async function leftOver(name: string): Promise<KafkaTopic | undefined> {
    const before = await askAnew(name);
    if (before !== undefined && !(leftByCrash(name).length > 0 && (await isUnused(before)))) throw exists(name);
    return before;
  }

  async function tryCreate(name: string, wish: LayoutWish): Promise<void> {
    const asked = newTopic(name, wish);
    if ((await leftOver(name)) !== undefined) return;
    await createKafkaTopic(wire, asked, { isTrial: true }).catch((error: unknown) => {
      throw inOurWords(error, name);
    });
  }

  async function create(topicId: string, name: string, wish: LayoutWish): Promise<void> {
    const asked = newTopic(name, wish);
    if ((await documentNow(topicId)) !== undefined) return;
    const before = await leftOver(name);
    await documents.claim("kafka-topic", CREATING + name, {});
    // What a crash left lies as it was asked for then.
    if (before !== undefined && isWish(wish)) await deleteKafkaTopic(wire, name);
    await make(asked, before !== undefined && !isWish(wish));
    const { uuid } = await ledTopic(wire, name);
    await documents.claim("kafka-topic", topicId, { name, uuid });
    await documents.delete("kafka-topic", CREATING + name);
  }

  /** Resolves once there is one that is ours; what was refused leaves no trace. */
  async function make(asked: NewTopic, isThere: boolean): Promise<void> {
    const { name } = asked;
    try {
      const made = await createKafkaTopic(wire, asked);
      if (made === "created" || isThere) return;
      const now = made === "perhaps" ? await askAnew(name) : undefined;
      if (now !== undefined && (await isUnused(now))) return;
      // Somebody was quicker.
      throw exists(name);
    } catch (error) {
      // What passes may have made it: then the document says whose it is.
      if (!(error instanceof KafkaFailure && error.isPassing)) await documents.delete("kafka-topic", CREATING + name);
      throw inOurWords(error, name);
    }
  }

  /** Who may have made a Kafka topic of this name before it was told of. Only one that is to be created has no topic of the catalog. */
  function leftByCrash(name: string): readonly string[] {
    return named(name).flatMap(([key, document]) => (document?.isAdopted === true ? [] : [key]));
  }

  /** The documents that speak of a Kafka topic of this name. */
  function named(name: string): readonly (readonly [key: string, document: TopicDocument | undefined])[] {
    return documents.list("kafka-topic").flatMap(([key, value]) => {
      const document = isTopicDocument(value) ? value : undefined;
      return key === CREATING + name || document?.name === name ? [[key, document] as const] : [];
    });
  }

  async function adopt(topicId: string, name: string, uuid: string): Promise<void> {
    await documents.caughtUp();
    if (documentOf(topicId) !== undefined) return;
    const before = named(name);
    // One of ours that is being deleted would take the messages with it.
    if (before.some(([, document]) => document?.uuid === uuid && document.isAdopted !== true)) throw isOurs(name);
    for (const [key] of before) await documents.delete("kafka-topic", key);
    await documents.claim("kafka-topic", topicId, { name, uuid, isAdopted: true });
  }

  async function remove(topicId: string): Promise<void> {
    const document = await documentNow(topicId);
    if (document === undefined) return;
    if (document.isAdopted === true) return documents.delete("kafka-topic", topicId);
    // Somebody may have made another one of that name since; that one is not ours.
    if ((await askAnew(document.name))?.uuid === document.uuid) await deleteKafkaTopic(wire, document.name);
    for (const key of leftByCrash(document.name)) {
      const value = documents.get("kafka-topic", key);
      if (key === topicId || (isTopicDocument(value) && value.uuid === document.uuid))
        await documents.delete("kafka-topic", key);
    }
  }

  async function fresh(topicId: string): Promise<KafkaTopic> {
    const found = await find(topicId);
    const askedMs = askedAtMs.get(found.name) ?? Number.NEGATIVE_INFINITY;
    if (wire.clock.monotonic() - askedMs < FRESH_MS) return found;
    await askAnew(found.name);
    return find(topicId);
  }

  return {
    create: (topicId, name, wish = {}) =>
      turns.run(topicPrefix + name, () => create(topicId, topicPrefix + name, wish)),
    tryCreate: (name, wish) => tryCreate(topicPrefix + name, wish),
    adopt: (topicId, name, uuid) => turns.run(topicPrefix + name, () => adopt(topicId, topicPrefix + name, uuid)),
    remove: (topicId) => turns.run(documentOf(topicId)?.name ?? topicId, () => remove(topicId)),
    find,
    fresh,
    async ofShard({ topicId, index }) {
      const found = await find(topicId);
      if (found.leaders[index] !== undefined) return found;
      const now = await fresh(topicId);
      if (now.leaders[index] !== undefined) return now;
      throw new KBrokerError("topic_not_found", `The topic "${topicId}" has no shard ${index}.`);
    },
  };
}

/** Kafka's own rule: names that differ only in "." and "_" collide. */
function inOurWords(error: unknown, name: string): unknown {
  if (!(error instanceof KafkaFailure && error.says("INVALID_TOPIC_EXCEPTION"))) return error;
  return new KBrokerError("topic_exists", `Kafka does not take "${name}": ${error.message}`, { cause: error });
}

function isWish({ partitions, replicationFactor, configs = {} }: LayoutWish): boolean {
  return partitions !== undefined || replicationFactor !== undefined || Object.keys(configs).length > 0;
}

function notFound(topicId: string, why = ""): KBrokerError {
  return new KBrokerError("topic_not_found", `There is no topic with the id "${topicId}". ${why}`.trim());
}

function exists(name: string): KBrokerError {
  return new KBrokerError("topic_exists", `Kafka has a topic "${name}" that kbroker did not create.`, {
    hint: "Choose another name, or take it as it is: kbroker topic import",
  });
}

function isOurs(name: string): KBrokerError {
  return new KBrokerError("topic_exists", `Kafka's topic "${name}" is one of kbroker's own that is being deleted.`, {
    hint: "It is gone in a moment.",
  });
}
