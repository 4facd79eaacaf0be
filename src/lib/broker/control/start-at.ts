import { parseDurationMs } from "../../domain/duration.ts";
import { KBrokerError } from "../../domain/error.ts";
import { parseInstantMs } from "../../domain/instant.ts";
import type { Topic } from "../../domain/topic.ts";
import type { Source } from "../../engine/port.ts";
import type { Control } from "./control.ts";
import { keptShards } from "./kept.ts";

/** Where a new subscription begins to read. */
export type StartAt =
  | { readonly kind: "latest" }
  | { readonly kind: "beginning" }
  | { readonly kind: "time"; readonly timeMs: number };

/** `latest`, `beginning`, an RFC 3339 time, or a duration back from now; fails with `invalid_request` for anything else. */
export function parseStartAt(text: string, nowMs: number, what = "A subscription cannot start"): StartAt {
  if (text === "latest" || text === "beginning") return { kind: text };
  const durationMs = parseDurationMs(text);
  if (durationMs !== undefined) return { kind: "time", timeMs: nowMs - durationMs };
  const timeMs = parseInstantMs(text);
  if (timeMs === undefined) {
    throw new KBrokerError("invalid_request", `${what} from ${JSON.stringify(text.slice(0, 100))}.`, {
      hint: 'Give "latest", "beginning", a time such as 2026-01-31T08:00:00Z, or how long ago, such as 2h.',
    });
  }
  if (timeMs > nowMs) {
    throw new KBrokerError("invalid_request", `${what} from ${text}, which is still to come.`, {
      hint: 'Give a time in the past, or "latest" to receive what is published from now on.',
    });
  }
  return { kind: "time", timeMs };
}

/** The offset of each shard. What is past its time to live is not counted in: nobody could be sent it. */
export async function startOffsets(control: Control, topic: Topic, at: StartAt): Promise<readonly Source[]> {
  const shards = await keptShards(control, topic);
  return Promise.all(
    shards.map(async ({ shard, start, end }) => {
      if (at.kind === "latest") return { shard, offset: end };
      if (at.kind === "beginning") return { shard, offset: start };
      return { shard, offset: Math.max(start, await control.engine.log.offsetAt(shard, at.timeMs)) };
    }),
  );
}
