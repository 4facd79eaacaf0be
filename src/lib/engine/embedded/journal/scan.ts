import { claimedLength, FRAME_HEADER_BYTES, type FrameHead, frameHead, frameLength, MAGIC_BYTES } from "./frame.ts";
import { SEGMENT_HEADER_BYTES, type SegmentHeader } from "./segment-header.ts";

/** Bytes in which no whole frame begins, up to the next whole one or the end of the file. */
export interface BadRegion {
  readonly from: number;
  readonly to: number;
  /** The batch that the first lost frame was part of: the one before it was complete, or was not. */
  readonly batch: number;
  /** The file ends within the frame that begins here. */
  readonly cutShort: boolean;
}

export interface Scan {
  /** Behind the last byte that is none of the zeros written ahead. */
  readonly end: number;
  readonly bad: readonly BadRegion[];
  /** Of the last whole frame; before the first frame, the number before the segment's first batch. */
  readonly lastBatch: number;
  /** Whether that batch is complete. */
  readonly lastComplete: boolean;
}

/** Reads a whole segment, frame after frame, and goes on behind whatever is damaged. */
export function scanSegment(
  bytes: Buffer,
  { seed, firstBatch }: SegmentHeader,
  onFrame: (head: FrameHead, position: number) => void,
): Scan {
  const bad: BadRegion[] = [];
  let lastBatch = firstBatch - 1;
  let lastComplete: boolean = true;
  let at = SEGMENT_HEADER_BYTES;
  while (at < bytes.length) {
    const length = frameLength(bytes, at, seed);
    if (length === 0) {
      if (onlyZeros(bytes, at)) break;
      const to = nextFrame(bytes, at + 1, seed);
      const cutShort = at + Math.max(claimedLength(bytes, at), FRAME_HEADER_BYTES) > bytes.length;
      bad.push({ from: at, to, batch: lastComplete ? lastBatch + 1 : lastBatch, cutShort });
      at = to;
      continue;
    }
    const head = frameHead(bytes, at);
    [lastBatch, lastComplete] = [head.batch, head.last];
    onFrame(head, at);
    at += length;
  }
  return { end: at, bad, lastBatch, lastComplete };
}

function onlyZeros(bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length; at += 1) if (bytes[at] !== 0) return false;
  return true;
}

function nextFrame(bytes: Buffer, from: number, seed: number): number {
  for (let at = bytes.indexOf(MAGIC_BYTES, from); at !== -1; at = bytes.indexOf(MAGIC_BYTES, at + 1)) {
    if (frameLength(bytes, at, seed) !== 0) return at;
  }
  return bytes.length;
}
