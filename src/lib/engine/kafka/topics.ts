import { KBrokerError } from "../../domain/error.ts";
import { inTurnByKey } from "../../domain/in-turn.ts";
import type { Shard } from "../port.ts";
import type { OwnDocuments } from "./fold/own-documents.ts";
import { KafkaFailure } from "./wire/failure.ts";
import type { KafkaTopic } from "./wire/metadata.ts";
import { createKafkaTopic, deleteKafkaTopic, ledTopic } from "./wire/topics.ts";
import type { Wire } from "./wire/wire.ts";

export interface TopicsOptions {
  readonly wire: Wire;
  readonly documents: OwnDocuments;
  /** Of a new topic. */
  readonly partitions: number;
  /** Before the names of Kafka's topics. */
  readonly topicPrefix: string;
  /** Whether nothing was ever written to it. */
  readonly isUnused: (topic: KafkaTopic) => Promise<boolean>;
}

/** Which Kafka topic each topic is. */
export interface Topics {
  /** One that exists is left as it is. Fails with `topic_exists` where Kafka has a topic of that name that is not ours; it is not touched. */
  create(topicId: string, name: string): Promise<void>;
  remove(topicId: string): Promise<void>;
  /** As known here. Fails with `topic_not_found`. */
  find(topicId: string): Promise<KafkaTopic>;
  /** The same, not older than a few seconds: an operator may add partitions. */
  fresh(topicId: string): Promise<KafkaTopic>;
  /** The topic of a shard that there is. */
  ofShard(shard: Shard): Promise<KafkaTopic>;
}

const FRESH_MS = 3_000;
/** The document of a topic that is being created, so that one left by a crash is known for ours. No id of a topic has a slash. */
const CREATING = "creating/";

/** The broker alone removes what is over its time, and each record gets the time at which Kafka took it. */
const CONFIGS = {
  "cleanup.policy": "delete",
  "compression.type": "producer",
  "max.message.bytes": "1048588",
  "message.timestamp.type": "LogAppendTime",
  "retention.bytes": "-1",
  "retention.ms": "-1",
};

interface TopicDocument {
  readonly name: string;
  readonly uuid: string;
}

export function createTopics({ wire, documents, partitions, topicPrefix, isUnused }: TopicsOptions): Topics {
  const turns = inTurnByKey();
  const askedAtMs = new Map<string, number>();

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
    const document = await documentNow(topicId);
    if (document === undefined) throw notFound(topicId);
    const known = await wire.topic(document.name);
    if (known?.uuid === document.uuid) return known;
    const now = await askAnew(document.name);
    if (now?.uuid === document.uuid) return now;
    throw notFound(topicId, `Kafka's topic "${document.name}", which held it, was deleted.`);
  }

  async function askAnew(name: string): Promise<KafkaTopic | undefined> {
    askedAtMs.set(name, wire.clock.monotonic());
    wire.forgetTopic(name);
    return wire.topic(name);
  }

  async function create(topicId: string, name: string): Promise<void> {
    if ((await documentNow(topicId)) !== undefined) return;
    const left = leftByCrash(name);
    const before = await askAnew(name);
    if (before !== undefined && !(left.length > 0 && (await isUnused(before)))) throw exists(name);
    await documents.claim("kafka-topic", CREATING + name, {});
    if ((await made(name)) === "exists" && before === undefined) {
      // Somebody was quicker.
      await documents.delete("kafka-topic", CREATING + name);
      throw exists(name);
    }
    const { uuid } = await ledTopic(wire, name);
    await documents.claim("kafka-topic", topicId, { name, uuid });
    await documents.delete("kafka-topic", CREATING + name);
  }

  /** Who may have made a Kafka topic of this name before it was told of. Only one that is to be created has no topic of the catalog. */
  function leftByCrash(name: string): readonly string[] {
    const own = documents.list("kafka-topic");
    return own.flatMap(([key, value]) =>
      key === CREATING + name || (isTopicDocument(value) && value.name === name) ? [key] : [],
    );
  }

  async function made(name: string): Promise<"created" | "exists"> {
    try {
      return await createKafkaTopic(wire, { name, partitions, configs: CONFIGS });
    } catch (error) {
      // Kafka's own rule: names that differ only in "." and "_" collide.
      if (!(error instanceof KafkaFailure && error.says("INVALID_TOPIC_EXCEPTION"))) throw error;
      throw new KBrokerError("topic_exists", `Kafka does not take "${name}": ${error.message}`, { cause: error });
    }
  }

  async function remove(topicId: string): Promise<void> {
    const document = await documentNow(topicId);
    if (document === undefined) return;
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
    create: (topicId, name) => turns.run(name, () => create(topicId, topicPrefix + name)),
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

function isTopicDocument(value: unknown): value is TopicDocument {
  if (typeof value !== "object" || value === null) return false;
  return typeof Reflect.get(value, "name") === "string" && typeof Reflect.get(value, "uuid") === "string";
}

function notFound(topicId: string, why = ""): KBrokerError {
  return new KBrokerError("topic_not_found", `There is no topic with the id "${topicId}". ${why}`.trim());
}

function exists(name: string): KBrokerError {
  return new KBrokerError("topic_exists", `Kafka has a topic "${name}" that kbroker did not create.`, {
    hint: "Choose another name; kbroker leaves that topic as it is.",
  });
}
