import { type Connection, listOffsetsV9 } from "@platformatic/kafka";
import { KBrokerError } from "../../../domain/error.ts";
import type { Shard } from "../../port.ts";
import type { Topics } from "../topics.ts";
import { failureOf, KafkaFailure, kafkaFailure } from "../wire/failure.ts";
import { CALL_DEADLINE_MS, type Wire } from "../wire/wire.ts";
import { OFFSETS_SLOT } from "./slots.ts";

/** What the cluster says of a shard, asked each time; what is asked at the same time goes in one request a leader. */
export interface Offsets {
  start(shard: Shard): Promise<number>;
  /** Behind what all replicas in sync have and what is part of no open transaction. */
  end(shard: Shard): Promise<number>;
  /** Of the first record with a time at or after `timeMs`; `undefined`: there is none. */
  at(shard: Shard, timeMs: number): Promise<number | undefined>;
}

/** A question, and all who ask it at this moment. */
interface Ask extends Question {
  readonly askers: Asker[];
}

interface Question {
  readonly topic: string;
  readonly partition: number;
  readonly timestamp: bigint;
}

interface Asker {
  readonly tell: (offset: number) => void;
  readonly fail: (failure: unknown) => void;
}

const LATEST = -1n;
const EARLIEST = -2n;
const NONE = -1;
const COMMITTED_ONLY = 1;
const NO_REPLICA = -1;
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 1_000;

export function createOffsets(wire: Wire, topics: Pick<Topics, "ofShard">): Offsets {
  /** By leader and question. */
  let next: Map<number, Map<string, Ask>> | undefined;

  async function ask(shard: Shard, timestamp: bigint): Promise<number> {
    const untilMs = wire.clock.monotonic() + CALL_DEADLINE_MS;
    for (let attempt = 0; ; attempt += 1) {
      const { name, leaders } = await topics.ofShard(shard);
      try {
        return await together(leaders[shard.index] ?? NONE, { topic: name, partition: shard.index, timestamp });
      } catch (error) {
        if (error instanceof KBrokerError && !(error instanceof KafkaFailure)) throw error;
        const failure = kafkaFailure(error);
        if (!failure.mayPassAtLeader || wire.clock.monotonic() >= untilMs) throw failure;
        await wire.clock.after(Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** attempt));
        wire.forgetTopic(name);
      }
    }
  }

  function together(leader: number, question: Question): Promise<number> {
    return new Promise((tell, fail) => {
      if (next === undefined) {
        const asks = new Map<number, Map<string, Ask>>();
        next = asks;
        setImmediate(() => {
          next = undefined;
          for (const [node, all] of asks) for (const layer of layersOf(all.values())) void send(node, layer);
        });
      }
      const asks = next.get(leader) ?? new Map<string, Ask>();
      next.set(leader, asks);
      const key = `${question.timestamp}/${placeOf(question)}`;
      const found = asks.get(key) ?? { ...question, askers: [] };
      asks.set(key, found);
      found.askers.push({ tell, fail });
    });
  }

  async function send(node: number, asks: readonly Ask[]): Promise<void> {
    try {
      if (node < 0) throw failureOf(5, "A partition has no leader right now.");
      const options = { purpose: "read", slot: OFFSETS_SLOT, deadlineMs: 0 } as const;
      const answers = await wire.call({ node }, (connection) => request(connection, asks), options);
      for (const each of asks) answer(each, answers.get(placeOf(each)));
    } catch (error) {
      for (const { askers } of asks) for (const { fail } of askers) fail(error);
    }
  }

  return {
    start: (shard) => ask(shard, EARLIEST),
    end: (shard) => ask(shard, LATEST),
    async at(shard, timeMs) {
      const wholeMs = Math.ceil(Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, timeMs)));
      const offset = await ask(shard, BigInt(wholeMs));
      return offset === NONE ? undefined : offset;
    },
  };
}

/** Kafka answers for a partition once a request: of several questions on one, each goes into another. */
function layersOf(asks: Iterable<Ask>): readonly (readonly Ask[])[] {
  const layers: Ask[][] = [];
  const depths = new Map<string, number>();
  for (const ask of asks) {
    const place = placeOf(ask);
    const depth = depths.get(place) ?? 0;
    depths.set(place, depth + 1);
    const layer = layers[depth] ?? [];
    layers[depth] = layer;
    layer.push(ask);
  }
  return layers;
}

interface Answer {
  readonly errorCode: number;
  readonly offset: bigint;
}

async function request(connection: Connection, asks: readonly Ask[]): Promise<ReadonlyMap<string, Answer>> {
  const byTopic = new Map<string, Ask[]>();
  for (const each of asks) {
    const ofTopic = byTopic.get(each.topic) ?? [];
    byTopic.set(each.topic, ofTopic);
    ofTopic.push(each);
  }
  const asked = Array.from(byTopic, ([name, each]) => ({
    name,
    partitions: each.map(({ partition, timestamp }) => ({
      ...{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp },
    })),
  }));
  const { topics } = await responseTo(connection, asked);
  const answers = topics.flatMap(({ name, partitions }) =>
    partitions.map((each) => [placeOf({ topic: name, partition: each.partitionIndex }), each] as const),
  );
  return new Map(answers);
}

/** An error of one partition does not take away what the others gave. */
async function responseTo(
  connection: Connection,
  asked: listOffsetsV9.ListOffsetsRequestTopic[],
): Promise<listOffsetsV9.ListOffsetsResponse> {
  try {
    return await listOffsetsV9.api.async(connection, NO_REPLICA, COMMITTED_ONLY, asked);
  } catch (error) {
    const failure = kafkaFailure(error);
    if (isResponse(failure.response)) return failure.response;
    throw failure;
  }
}

function isResponse(value: unknown): value is listOffsetsV9.ListOffsetsResponse {
  return typeof value === "object" && value !== null && Array.isArray(Reflect.get(value, "topics"));
}

function answer({ askers }: Ask, found: Answer | undefined): void {
  for (const { tell, fail } of askers) {
    if (found?.errorCode === 0) tell(Number(found.offset));
    else fail(failureOf(found?.errorCode ?? NONE));
  }
}

function placeOf({ topic, partition }: Pick<Question, "topic" | "partition">): string {
  return `${partition}/${topic}`;
}
