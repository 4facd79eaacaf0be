import type { Source } from "../../engine/port.ts";

/** One text for one place, to look it up by. */
export function sourceKey({ shard, offset }: Source): string {
  return `${shard.topicId}/${shard.index}/${offset}`;
}
