import { crc32 } from "node:zlib";

/** Stands at the front of each segment, twice: whoever loses its seed loses every frame behind it. */
export interface SegmentHeader {
  readonly number: number;
  /** Random: where the crc of each frame in this segment starts from. */
  readonly seed: number;
  /** The number of the first batch that was written behind it. */
  readonly firstBatch: number;
}

/** "KBJ" and the version of the format. */
const MAGIC = 0x314a424b;
const COPY_BYTES = 32;
export const SEGMENT_HEADER_BYTES = 2 * COPY_BYTES;

export function encodeSegmentHeader({ number, seed, firstBatch }: SegmentHeader): Buffer {
  const copy = Buffer.alloc(COPY_BYTES);
  copy.writeUInt32LE(MAGIC, 0);
  copy.writeUInt32LE(seed, 4);
  copy.writeDoubleLE(number, 8);
  copy.writeDoubleLE(firstBatch, 16);
  copy.writeUInt32LE(crc32(copy.subarray(0, 28)), 28);
  return Buffer.concat([copy, copy]);
}

/** `undefined` when neither copy is whole. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  return decodeCopy(bytes.subarray(0, COPY_BYTES)) ?? decodeCopy(bytes.subarray(COPY_BYTES, SEGMENT_HEADER_BYTES));
}

function decodeCopy(copy: Buffer): SegmentHeader | undefined {
  if (copy.length < COPY_BYTES || copy.readUInt32LE(0) !== MAGIC) return undefined;
  if (crc32(copy.subarray(0, 28)) !== copy.readUInt32LE(28)) return undefined;
  return { seed: copy.readUInt32LE(4), number: copy.readDoubleLE(8), firstBatch: copy.readDoubleLE(16) };
}
