import { compressionsAlgorithmsByBitmask } from "@platformatic/kafka";
import { KBrokerError } from "../../domain/error.ts";
import { type Layout, type LayoutWish, replicationFactorOf } from "../../domain/layout.ts";
import { nameProblem } from "../../domain/names.ts";
import type { Adoptable, Adopted, Layouts } from "../port.ts";
import type { OwnDocuments } from "./fold/own-documents.ts";
import { isOwnConfig } from "./topic-configs.ts";
import { isTopicDocument } from "./topic-document.ts";
import type { Topics } from "./topics.ts";
import { KafkaFailure } from "./wire/failure.ts";
import { type LaidOut, laidOut, type TopicConfig, topicConfigs } from "./wire/layouts.ts";
import { setKafkaPartitions } from "./wire/topics.ts";
import type { Wire } from "./wire/wire.ts";

export interface LayoutsOptions {
  readonly wire: Wire;
  readonly documents: OwnDocuments;
  readonly topics: Topics;
  /** Before the names of Kafka's topics. */
  readonly topicPrefix: string;
}

/** What makes records as safe as those of another topic, beside the number of replicas. */
const IN_SYNC_MIN = "min.insync.replicas";
const ZSTD = 4;

export function createLayouts({ wire, documents, topics, topicPrefix }: LayoutsOptions): Layouts {
  function documentOf(topicId: string) {
    const value = documents.get("kafka-topic", topicId);
    return isTopicDocument(value) ? value : undefined;
  }

  async function of(topicIds: readonly string[]): Promise<ReadonlyMap<string, Layout>> {
    const known = topicIds.flatMap((id) => {
      const document = documentOf(id);
      return document === undefined ? [] : [{ id, ...document }];
    });
    const names = known.map(({ name }) => name);
    const byName = new Map((await laidOut(wire, names)).map((each) => [each.name, each]));
    const layouts = new Map<string, Layout>();
    for (const { id, name, uuid, isAdopted = false } of known) {
      const found = byName.get(name);
      if (found?.uuid === uuid) layouts.set(id, { name, isAdopted, partitions: found.partitions });
    }
    return layouts;
  }

  async function ownConfigs(topicId: string): Promise<readonly TopicConfig[]> {
    const { name } = await topics.find(topicId);
    return (await topicConfigs(wire, name)).filter(({ isOwn }) => isOwn);
  }

  async function wishLike(topicId: string): Promise<LayoutWish> {
    await topics.find(topicId);
    const layout = (await of([topicId])).get(topicId);
    const inSync = (await ownConfigs(topicId)).find(({ name }) => name === IN_SYNC_MIN)?.value ?? undefined;
    const configs = inSync === undefined ? {} : { configs: { [IN_SYNC_MIN]: inSync } };
    return layout === undefined ? configs : { replicationFactor: replicationFactorOf(layout), ...configs };
  }

  async function setPartitions(topicId: string, count: number, isTrial: boolean): Promise<void> {
    const { name } = await topics.find(topicId);
    const countNow = async () => (await laidOut(wire, [name]))[0]?.partitions.length ?? 0;
    const now = await countNow();
    if (count === now) return;
    if (count < now) throw fewer(name.slice(topicPrefix.length), now, count);
    try {
      await setKafkaPartitions(wire, { name, count, isTrial });
    } catch (error) {
      // An answer that was lost, or another node that was asked for the same.
      const isSo = error instanceof KafkaFailure && error.says("INVALID_PARTITIONS") && (await countNow()) === count;
      if (!isSo) throw error;
    }
  }

  async function adopt(topicId: string, name: string): Promise<Adopted> {
    const kafkaName = topicPrefix + name;
    const [found] = await laidOut(wire, [kafkaName]);
    const reason = refusal(name, found);
    if (reason !== undefined) throw refused(kafkaName, reason);
    if (found === undefined) throw notInKafka(kafkaName);
    const configs = await topicConfigs(wire, kafkaName);
    const valueFor = (key: string) => configs.find((config) => config.name === key)?.value;
    if (valueFor("compression.type") === "zstd" && compressionsAlgorithmsByBitmask[ZSTD]?.available !== true) {
      throw refused(
        kafkaName,
        "its messages are compressed with zstd, which this version of Node does not read",
        ZSTD_HINT,
      );
    }
    await topics.adopt(topicId, name, found.uuid);
    return { isCompacted: valueFor("cleanup.policy")?.includes("compact") === true };
  }

  async function adoptable(): Promise<readonly Adoptable[]> {
    const all = await laidOut(wire, null);
    await documents.caughtUp();
    const known = new Set<unknown>();
    for (const [, document] of documents.list("kafka-topic")) if (isTopicDocument(document)) known.add(document.name);
    const free = all.flatMap((each) => {
      const name = each.name.slice(topicPrefix.length);
      const isFree = each.name.startsWith(topicPrefix) && !known.has(each.name);
      const isTaken = isFree && nameProblem("topic", name) === undefined && refusal(name, each) === undefined;
      return isTaken ? [{ name, partitions: each.partitions.length }] : [];
    });
    return free.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  return {
    createTopic: topics.create,
    tryTopic: topics.tryCreate,
    wishLike,
    of,
    async configs(topicId) {
      const isAdopted = documentOf(topicId)?.isAdopted === true;
      const own = (await ownConfigs(topicId)).flatMap(({ name, value }) =>
        value === null || (!isAdopted && isOwnConfig(name, value)) ? [] : [[name, value] as const],
      );
      return Object.fromEntries(own);
    },
    setPartitions: (topicId, count, { dryRun = false } = {}) => setPartitions(topicId, count, dryRun),
    adoptable,
    adopt,
  };
}

/** Why a topic of Kafka is none of ours, whatever it is called. */
function refusal(name: string, found: LaidOut | undefined): string | undefined {
  if (name.startsWith("__") || found?.isInternal === true) return "it is one of Kafka's, or of a program's, own";
  // Whatever prefix that has.
  return name.includes("__kbroker") ? "another installation of kbroker keeps its state in it" : undefined;
}

const ONES_THAT_CAN_BE = "Without a name it lets you choose one that can be: kbroker topic import";
const ZSTD_HINT = "Run every node on Node 22.15 or newer, or let its producers compress with gzip, snappy or lz4.";

function refused(name: string, reason: string, hint?: string): KBrokerError {
  return new KBrokerError("topic_refused", `Kafka's topic "${name}" cannot be imported: ${reason}.`, {
    hint: hint ?? ONES_THAT_CAN_BE,
  });
}

function notInKafka(name: string): KBrokerError {
  return new KBrokerError("topic_not_found", `Kafka has no topic "${name}".`, {
    hint: ONES_THAT_CAN_BE,
  });
}

function fewer(name: string, now: number, count: number): KBrokerError {
  return new KBrokerError(
    "topic_refused",
    `The topic "${name}" has ${now} partitions, and Kafka takes none away: ${count} are fewer.`,
    { hint: `Ask for more than ${now}, or leave it as it is.` },
  );
}
