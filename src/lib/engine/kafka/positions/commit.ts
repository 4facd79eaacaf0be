import { CURSOR_LENGTH_MAX } from "../../../domain/cursor-codec.ts";
import { KBrokerError } from "../../../domain/error.ts";
import type { Report } from "../../../domain/report.ts";
import type { ShardCursor } from "../../port.ts";
import { KafkaFailure } from "../wire/failure.ts";
import { CALL_DEADLINE_MS, type Wire } from "../wire/wire.ts";
import { fittingText } from "./fit-cursor.ts";
import { type CommitTopics, refusedIn } from "./group-calls.ts";

/** What a topic is called in Kafka. */
export interface TopicNames {
  nameOf(topicId: string): string | undefined;
  idOf(name: string): string | undefined;
}

/** Writes cursors as offsets of a consumer group, with all that Kafka has no field for in their metadata. */
export interface Commits {
  /** `send` may be called more than once. */
  write(cursors: readonly ShardCursor[], send: (topics: CommitTopics) => Promise<void>): Promise<void>;
}

export interface CommitsOptions {
  readonly wire: Wire;
  readonly names: TopicNames;
  readonly report: Report;
}

const METADATA_TOO_LARGE = 12;
const UNKNOWN_TOPIC_OR_PARTITION = 3;
/** With less the two ids hardly fit. */
const LENGTH_MIN = 256;
const PAUSE_MS = 100;

export function createCommits({ wire, names, report }: CommitsOptions): Commits {
  /** Less where the cluster was found to take less. */
  let lengthMax = CURSOR_LENGTH_MAX;

  function nameOf(topicId: string): string {
    const name = names.nameOf(topicId);
    if (name !== undefined) return name;
    throw new KBrokerError("topic_not_found", `Kafka has no topic for "${topicId}".`);
  }

  function topicsOf(cursors: readonly ShardCursor[]): CommitTopics {
    const topics = new Map<string, CommitTopics[number]>();
    for (const { shard, cursor } of cursors) {
      const name = nameOf(shard.topicId);
      const topic = topics.get(name) ?? { name, partitions: [] };
      topic.partitions.push({
        partitionIndex: shard.index,
        committedOffset: BigInt(cursor.low),
        committedLeaderEpoch: -1,
        committedMetadata: fittingText(cursor, lengthMax),
      });
      topics.set(name, topic);
    }
    return Array.from(topics.values());
  }

  function shorten(failure: KafkaFailure): void {
    if (lengthMax / 2 < LENGTH_MIN) throw failure;
    lengthMax = Math.floor(lengthMax / 2);
    const fields = { lengthMax, setting: "offset.metadata.max.bytes" };
    report("warn", "Kafka takes only short metadata of offsets: after a crash more messages come again.", fields);
  }

  return {
    async write(cursors, send) {
      const untilMs = wire.clock.monotonic() + CALL_DEADLINE_MS;
      let left = cursors;
      for (;;) {
        try {
          return await send(topicsOf(left));
        } catch (error) {
          if (!(error instanceof KafkaFailure)) throw error;
          const refused = refusedIn(error);
          const codes = new Set(refused.map(({ errorCode }) => errorCode));
          const isKnown = Array.from(codes).every(
            (code) => code === METADATA_TOO_LARGE || code === UNKNOWN_TOPIC_OR_PARTITION,
          );
          if (refused.length === 0 || !isKnown) throw error;
          if (codes.has(METADATA_TOO_LARGE)) shorten(error);
          // A topic that was made a moment ago is not known everywhere yet.
          if (codes.has(UNKNOWN_TOPIC_OR_PARTITION)) {
            if (wire.clock.monotonic() >= untilMs) throw error;
            await wire.clock.after(PAUSE_MS);
          }
          const places = new Set(refused.map(({ topic, partition }) => `${partition}/${topic}`));
          left = left.filter(({ shard }) => places.has(`${shard.index}/${nameOf(shard.topicId)}`));
        }
      }
    },
  };
}
