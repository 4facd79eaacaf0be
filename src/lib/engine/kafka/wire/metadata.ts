import { type Connection, metadataV12 } from "@platformatic/kafka";
import { keepNewest } from "../../../domain/keep-newest.ts";
import { hasList, withErrors } from "./answer.ts";
import { failureOf } from "./failure.ts";
import type { Address } from "./links.ts";

export interface KafkaTopic {
  readonly name: string;
  /** Kafka's own id: another one after the topic was deleted and made anew. */
  readonly uuid: string;
  /** The node id of each partition's leader, by partition; -1: none right now. */
  readonly leaders: readonly number[];
}

export interface Metadata {
  brokers(): ReadonlyMap<number, Address>;
  clusterId(): string | undefined;
  /** As the cluster says now, or said lately; `undefined`: there is none. */
  topic(name: string): Promise<KafkaTopic | undefined>;
  /** What was known of it is out of date. */
  forget(name: string): void;
  /** Asks for the brokers anew. */
  refresh(): Promise<void>;
}

/** That are remembered; of the others the cluster is asked each time. */
const TOPICS_MAX = 10_000;

/** Topics asked for while a request is under way go into the next one together. */
export function createMetadata(ask: <T>(act: (connection: Connection) => Promise<T>) => Promise<T>): Metadata {
  let [brokers, clusterId]: [ReadonlyMap<number, Address>, string | undefined] = [new Map(), undefined];
  const topics = new Map<string, KafkaTopic>();
  let next: { readonly names: Set<string>; readonly done: Promise<ReadonlySet<string>> } | undefined;
  let running: Promise<unknown> = Promise.resolve();

  async function load(names: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const response = await ask((connection) => askMetadata(connection, Array.from(names)));
    brokers = new Map(response.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    clusterId = response.clusterId ?? undefined;
    const found = new Set<string>();
    for (const { name, topicId, errorCode, partitions } of response.topics) {
      if (name === null || name === undefined || errorCode !== 0) continue;
      const leaders: number[] = [];
      for (const { partitionIndex, leaderId } of partitions) leaders[partitionIndex] = leaderId;
      keepNewest(topics, [name, { name, uuid: topicId, leaders }], TOPICS_MAX);
      found.add(name);
    }
    return found;
  }

  async function loadTogether(name: string | undefined): Promise<ReadonlySet<string>> {
    if (next === undefined) {
      const names = new Set<string>();
      const done = running.then(() => {
        next = undefined;
        return load(names);
      });
      running = done.catch(() => undefined);
      next = { names, done };
    }
    if (name !== undefined) next.names.add(name);
    return next.done;
  }

  return {
    brokers: () => brokers,
    clusterId: () => clusterId,
    async topic(name) {
      const known = topics.get(name);
      if (known !== undefined) return known;
      await loadTogether(name);
      return topics.get(name);
    },
    forget: (name) => void topics.delete(name),
    async refresh() {
      await loadTogether(undefined);
    },
  };
}

export const TOPIC_AUTHORIZATION_FAILED = 29;

/** Of these topics, or of all that there are: each with its own error. */
export function askMetadataOfEach(
  connection: Connection,
  names: readonly string[] | null,
): Promise<metadataV12.MetadataResponse> {
  const asked = metadataV12.api.async(connection, names === null ? null : Array.from(names), false, false);
  return withErrors(asked, (response): response is metadataV12.MetadataResponse => hasList(response, "topics"));
}

/** The same; fails where there is one that we may not see. */
export async function askMetadata(
  connection: Connection,
  names: readonly string[] | null,
): Promise<metadataV12.MetadataResponse> {
  const response = await askMetadataOfEach(connection, names);
  const denied = response.topics.filter(({ errorCode }) => errorCode === TOPIC_AUTHORIZATION_FAILED);
  if (denied.length === 0) return response;
  throw failureOf(TOPIC_AUTHORIZATION_FAILED, null, `topic ${denied.map(({ name }) => `"${name}"`).join(", ")}`);
}
