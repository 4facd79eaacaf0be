import { matches } from "../../domain/dead-letter-filter.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { ParkedEntry } from "../../engine/port.ts";
import type { Purge } from "./delivery.ts";
import { unsettledLetters } from "./letters.ts";
import type { Parts } from "./parts.ts";
import { readLetter } from "./source.ts";

/** Settles the dead letters that are meant, those set aside included; durable when it resolves with their number. */
export async function purgeLetters(
  { hold, positions, desk }: Pick<Parts, "hold" | "positions" | "desk">,
  { filter, ends }: Purge,
): Promise<number> {
  let count = 0;
  const everything = Object.keys(filter).length === 0;
  const settle = ({ shard, offset }: ParkedEntry["source"]) => {
    positions.settleLetters(shard, { from: offset, to: offset + 1 });
    count += 1;
  };
  const unreadable = everything ? { unreadable: settle } : {};
  for (const { source } of desk.aside()) {
    const end = ends.find((each) => each.shard === source.shard.index)?.offset ?? 0;
    if (source.offset >= end) continue;
    const letter = everything ? undefined : await readLetter(hold.engine.log, source);
    if (!everything && (letter === undefined || !matches(filter, letter))) continue;
    if (desk.drop(source)) count += 1;
  }
  for await (const letter of unsettledLetters({ hold, positions, ends, ...unreadable })) {
    if (matches(filter, letter)) settle(letter.source);
    if (positions.isLettersFull()) break;
  }
  await durable(hold.signal, positions);
  return count;
}

async function durable(signal: AbortSignal, positions: Parts["positions"]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const ended = () => reject(new KBrokerError("broker_stopping", "The subscription is moving to another owner."));
    if (signal.aborted) return ended();
    signal.addEventListener("abort", ended, { once: true });
    positions.whenDurable(() => {
      signal.removeEventListener("abort", ended);
      resolve();
    });
  });
}
