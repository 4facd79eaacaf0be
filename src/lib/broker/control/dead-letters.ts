import { KBrokerError } from "../../domain/error.ts";
import type { StoredMessage } from "../../domain/message.ts";
import type { DeadLetterList, DeadLetterPage } from "../broker.ts";
import { subscriptionNamed } from "../lookup.ts";
import type { Control } from "./control.ts";
import { type Kept, keptShards } from "./kept.ts";

/** A page ends here even when its count is not reached: what is listed is held in memory. */
export const PAGE_BYTES_MAX = 8 * 1024 * 1024;

type Entry = DeadLetterList["entries"][number];

interface Position {
  readonly shard: number;
  readonly offset: number;
}

/** What a subscription gave up on, oldest first within each shard. */
export async function listDeadLetters(control: Control, name: string, page: DeadLetterPage): Promise<DeadLetterList> {
  const { value: subscription } = subscriptionNamed(control.view, name);
  const after = page.after === undefined ? undefined : parsePosition(page.after);
  const entry = control.view.topic(subscription.deadLetterTopic);
  if (entry === undefined) return { entries: [], total: 0, next: null };
  const kept = await keptShards(control, entry.topic);
  const total = kept.reduce((sum, { start, end }) => sum + end - start, 0);
  const { entries, complete } = await readPage(
    control,
    kept.flatMap((one) => rest(one, after)),
    page.limit,
  );
  const last = entries.at(-1);
  const next = complete || last === undefined ? null : `${last.shard}:${last.message.offset}`;
  return { entries, total, next };
}

/** What of a shard lies behind the page before. */
function rest(kept: Kept, after: Position | undefined): readonly Kept[] {
  if (after === undefined || after.shard < kept.shard.index) return [kept];
  if (after.shard > kept.shard.index) return [];
  return [{ ...kept, start: Math.max(kept.start, after.offset + 1) }];
}

async function readPage({ engine }: Control, shards: readonly Kept[], limit: number) {
  const entries: Entry[] = [];
  let bytes = 0;
  const add = (shard: number, records: readonly StoredMessage[]) => {
    for (const message of records) {
      entries.push({ shard, message });
      bytes += message.payload.length;
    }
  };
  for (const { shard, start, end } of shards) {
    for (let from = start; from < end; ) {
      if (entries.length >= limit || bytes >= PAGE_BYTES_MAX) return { entries, complete: false };
      const limits = { countMax: limit - entries.length, bytesMax: PAGE_BYTES_MAX - bytes };
      const { records, next } = await engine.log.read(shard, from, limits);
      add(shard.index, records);
      if (next <= from) break;
      from = next;
    }
  }
  return { entries, complete: true };
}

function parsePosition(text: string): Position {
  const [, shard, offset] = /^(\d{1,6}):(\d{1,15})$/.exec(text) ?? [];
  if (shard !== undefined && offset !== undefined) return { shard: Number(shard), offset: Number(offset) };
  throw new KBrokerError("invalid_request", `"${text.slice(0, 100)}" is not a position in a dead letter topic.`, {
    hint: "Give the position of an entry as the list shows it: <shard>:<offset>.",
  });
}
