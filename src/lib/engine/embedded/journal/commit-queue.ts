import type { Clock } from "../../../domain/clock.ts";
import { KBrokerError } from "../../../domain/error.ts";
import type { FailStop } from "../fault.ts";
import type { EmbeddedLimits } from "../limits.ts";
import type { AppendCall, FirstPosition, QueuedCall } from "./append-call.ts";
import { createBatchEncoder, type EncodedBatch } from "./batch.ts";
import { frameBytesBound } from "./frame.ts";
import type { JournalWriter } from "./writer.ts";

/** Group commit: one batch is being written and synced, everything that arrives meanwhile is the next one. */
export interface CommitQueue {
  /** Resolves with the position of the first once all would survive a power cut. `overloaded` when too much waits already. */
  push(call: AppendCall): Promise<FirstPosition>;
  /** Resolves when nothing waits. */
  drained(): Promise<void>;
}

export interface CommitQueueOptions {
  readonly writer: JournalWriter;
  readonly clock: Clock;
  readonly failStop: FailStop;
  readonly limits: EmbeddedLimits;
  /** Shows a batch to the readers, before its callers hear of it. */
  readonly publish: (batch: EncodedBatch) => void;
}

/** When to come back: a backlog at its limit is written within this time on any disk that is worth its name. */
const RETRY_AFTER_S = 1;

export function createCommitQueue({ writer, clock, failStop, limits, publish }: CommitQueueOptions): CommitQueue {
  const encode = createBatchEncoder(limits.batchBytesMax);
  const backlog = { count: 0, bytes: 0 };
  let waiting: QueuedCall[] = [];
  let running: Promise<void> | undefined;

  function push(call: AppendCall): Promise<FirstPosition> {
    failStop.check();
    const bytesBound = boundOf(call);
    if (backlog.count >= limits.backlogCountMax || backlog.bytes + bytesBound > limits.backlogBytesMax) {
      const message = `${backlog.count} messages already wait to be written to disk.`;
      throw new KBrokerError("overloaded", message, { retryAfterS: RETRY_AFTER_S });
    }
    backlog.count += call.messages.length;
    backlog.bytes += bytesBound;
    return new Promise((resolve, reject) => {
      waiting.push({ ...call, bytesBound, resolve, reject });
      running ??= run();
    });
  }

  /** Never rejects: each failure goes to the callers that it concerns. */
  async function run(): Promise<void> {
    while (waiting.length > 0) {
      await nextTurn();
      const calls = take();
      try {
        failStop.check();
        await commit(calls.filter(stillThere));
      } catch (error) {
        for (const call of calls) call.reject(error);
      }
      for (const { messages, bytesBound } of calls) {
        backlog.count -= messages.length;
        backlog.bytes -= bytesBound;
      }
    }
    running = undefined;
  }

  function take(): QueuedCall[] {
    let [count, bytes] = [0, 0];
    for (const { bytesBound } of waiting) {
      if (count > 0 && bytes + bytesBound > limits.batchBytesMax) break;
      bytes += bytesBound;
      count += 1;
    }
    const taken = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return taken;
  }

  async function commit(calls: readonly QueuedCall[]): Promise<void> {
    if (calls.length === 0) return;
    const bytesBound = calls.reduce((sum, call) => sum + call.bytesBound, 0);
    const place = await writer.place(bytesBound);
    const batch = encode({ calls, bytesBound, place, nowMs: clock.now() });
    try {
      await writer.write(batch.bytes);
    } catch (error) {
      for (const { topic } of calls) topic.next = topic.end;
      throw error;
    }
    publish(batch);
    for (const { call, first } of batch.calls) call.resolve(first);
  }

  return {
    push,
    async drained() {
      await running;
    },
  };
}

function boundOf({ topic, messages }: AppendCall): number {
  return messages.reduce((sum, message) => sum + frameBytesBound(topic.id, message), 0);
}

function stillThere({ topic, reject }: QueuedCall): boolean {
  if (topic.deleted)
    reject(new KBrokerError("topic_not_found", "The topic was deleted before the message was stored."));
  return !topic.deleted;
}

/** What arrives in the same turn of the event loop shares a batch: fewer syncs, each of more. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
