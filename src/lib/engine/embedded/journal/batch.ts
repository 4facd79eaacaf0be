import type { FirstPosition, QueuedCall } from "./append-call.ts";
import { encodeFrame } from "./frame.ts";
import type { Place } from "./writer.ts";

export interface EncodedBatch {
  /** Valid until the next batch is encoded. */
  readonly bytes: Buffer;
  readonly place: Place;
  readonly calls: readonly EncodedCall[];
}

export interface EncodedCall {
  readonly call: QueuedCall;
  readonly first: FirstPosition;
  /** Where each record begins in the segment. */
  readonly positions: readonly number[];
}

export interface BatchSource {
  readonly calls: readonly QueuedCall[];
  readonly bytesBound: number;
  readonly place: Place;
  readonly nowMs: number;
}

/** Encodes batches one after the other into a buffer that is used again; a batch that is larger gets its own. */
export function createBatchEncoder(bytesUsual: number): (source: BatchSource) => EncodedBatch {
  const usual = Buffer.allocUnsafeSlow(bytesUsual);
  return ({ calls, bytesBound, place, nowMs }) => {
    const target = bytesBound <= bytesUsual ? usual : Buffer.allocUnsafeSlow(bytesBound);
    const encoded: EncodedCall[] = [];
    let end = 0;
    for (const [index, call] of calls.entries()) {
      const last = index === calls.length - 1;
      const { offset, timeMs, positions, end: callEnd } = encodeCall(target, { call, at: end, place, nowMs, last });
      encoded.push({ call, first: { offset, timeMs }, positions });
      end = callEnd;
    }
    return { bytes: target.subarray(0, end), place, calls: encoded };
  };
}

interface CallSource {
  readonly call: QueuedCall;
  readonly at: number;
  readonly place: Place;
  readonly nowMs: number;
  readonly last: boolean;
}

/** Gives the records their offsets and their time, which never goes back within a topic. */
function encodeCall(target: Buffer, { call, at, place, nowMs, last }: CallSource) {
  const { topic, messages, dedupeWindowMs, deduped } = call;
  const { batch, position, segment } = place;
  const offset = topic.next;
  const timeMs = Math.max(nowMs, topic.lastTimeMs);
  const positions: number[] = [];
  let end = at;
  for (const [index, message] of messages.entries()) {
    positions.push(position + end);
    end = encodeFrame(target, end, {
      seed: segment.seed,
      batch,
      last: last && index === messages.length - 1,
      topicId: topic.id,
      offset: offset + index,
      timeMs,
      dedupeWindowMs: deduped === undefined || deduped(message) ? dedupeWindowMs : 0,
      message,
    });
  }
  topic.next = offset + messages.length;
  topic.lastTimeMs = timeMs;
  return { offset, timeMs, positions, end };
}
