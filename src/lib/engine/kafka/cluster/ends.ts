import { createOffsets } from "../fetch/offsets.ts";
import { KafkaFailure } from "../wire/failure.ts";
import type { Wire } from "../wire/wire.ts";
import { HEARD_MS_MAX } from "./ask.ts";
import type { Given } from "./requests.ts";
import { seeTopics } from "./topics.ts";

/** Where each of the partitions ends; `null` where it has no leader, or that one does not answer. */
export async function readEnds(wire: Wire, places: readonly Given[]): Promise<(place: Given) => number | null> {
  const names = new Set(places.map(({ topic }) => topic));
  if (names.size === 0) return () => null;
  const { topics } = await seeTopics(wire, Array.from(names));
  const offsets = createOffsets(wire, {
    ofShard: async ({ topicId: name }) => {
      const { uuid = "", partitions = [] } = topics.get(name) ?? {};
      return { name, uuid, leaders: partitions.map(({ leader }) => leader ?? -1) };
    },
  });
  const heard = new AbortController();
  const late = wire.clock.after(HEARD_MS_MAX, heard.signal).then(() => null);
  const ends = new Map<string, number | null>();
  const read = async (topic: string, index: number) => {
    const end = orNull(offsets.end({ topicId: topic, index }));
    ends.set(`${index}/${topic}`, await Promise.race([end, late]));
  };
  const led = new Map(places.map((place) => [`${place.partition}/${place.topic}`, place]));
  await Promise.all(
    Array.from(led.values())
      .filter(({ topic, partition }) => (topics.get(topic)?.partitions[partition]?.leader ?? null) !== null)
      .map(({ topic, partition }) => read(topic, partition)),
  );
  heard.abort();
  return ({ topic, partition }) => ends.get(`${partition}/${topic}`) ?? null;
}

async function orNull(asked: Promise<number>): Promise<number | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof KafkaFailure) return null;
    throw error;
  }
}
