import { listOffsetsV9 } from "@platformatic/kafka";
import { KBrokerError } from "../../../domain/error.ts";
import type { Report } from "../../../domain/report.ts";
import type { NewRecord, Produced, Producing } from "../producing.ts";
import type { Wire } from "../wire/wire.ts";
import { followTopic, type StateRecord } from "./follow.ts";
import { prepareTopic } from "./prepare-topic.ts";
import { readAt } from "./read-at.ts";
import { SLOTS } from "./slots.ts";
import { together } from "./together.ts";

export interface StateTopicOptions {
  readonly wire: Wire;
  readonly producing: Producing;
  readonly report: Report;
  readonly name: string;
  /** Where the topic is made; one that is there keeps its own. */
  readonly partitions: number;
  /** Of the connections for state, the one that is this topic's own. */
  readonly slot: number;
  /** Given each record once, those of a partition in order. What it throws is told, and the record is passed over. */
  readonly apply: (record: StateRecord) => void;
}

/** A compacted topic that every node reads whole and goes on reading. */
export interface StateTopic {
  readonly partitions: number;
  /** Resolves once the records are durable and this node has applied them. */
  write(partition: number, records: readonly NewRecord[]): Promise<readonly Produced[]>;
  /** Resolves once everything that was durable when it was called is applied; of one partition, or of all. */
  caughtUp(partition?: number): Promise<void>;
  /** The records at these offsets, those that are there still, in no order. */
  readAt(partition: number, offsets: readonly number[]): Promise<readonly StateRecord[]>;
  /** Why the cluster cannot be read, for some seconds already; `undefined`: it can. */
  outage(): string | undefined;
  close(): void;
}

const LATEST = -1n;
/** As the fetches do. */
const READ_COMMITTED = 1;

/** Does not wait until it is read: `caughtUp` does. Fails within seconds where Kafka is away. */
export async function openStateTopic(options: StateTopicOptions): Promise<StateTopic> {
  const { wire, producing, name } = options;
  const topic = await prepareTopic(wire, options);
  const follower = followTopic({ ...options, topic });
  const partitions = topic.leaders.map((_, index) => index);

  async function catchUp(partition: number): Promise<void> {
    await follower.reached(partition, await endOf(wire, { topic: name, partition }));
  }

  const catchUps = partitions.map((partition) => together(() => catchUp(partition)));

  return {
    partitions: partitions.length,
    async write(partition, records) {
      const produced = await producing.produce({ topic: name, partition }, records);
      const last = Math.max(-1, ...produced.map(({ offset }) => offset));
      await follower.reached(partition, last + 1);
      return produced;
    },
    async caughtUp(partition) {
      const meant = partition === undefined ? catchUps : catchUps.slice(partition, partition + 1);
      await Promise.all(meant.map((each) => each()));
    },
    readAt: (partition, offsets) => readAt(wire, { topic, partition, offsets }),
    outage: follower.outage,
    close: follower.close,
  };
}

/** Behind the last record that is durable. */
async function endOf(wire: Wire, leader: { readonly topic: string; readonly partition: number }): Promise<number> {
  const { topic: name, partition: partitionIndex } = leader;
  const partitions = [{ partitionIndex, currentLeaderEpoch: -1, timestamp: LATEST }];
  const options = { purpose: "fold", slot: SLOTS.questions } as const;
  const { topics } = await wire.call(
    { leader },
    (connection) => listOffsetsV9.api.async(connection, -1, READ_COMMITTED, [{ name, partitions }]),
    options,
  );
  const offset = topics[0]?.partitions[0]?.offset;
  if (offset !== undefined) return Number(offset);
  throw new KBrokerError("engine_failed", `Kafka did not say where "${name}" ends.`);
}
