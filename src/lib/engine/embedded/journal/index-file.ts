import { crc32 } from "node:zlib";
import type { OpenRun, Positions, Run } from "./run.ts";
import type { SegmentHeader } from "./segment-header.ts";

/** What stands beside a sealed segment, so that a start need not read it. Made from the segment at any time. */
export interface SegmentIndex {
  readonly header: SegmentHeader;
  /** Of the segment. Another size means that the index is of something else. */
  readonly bytes: number;
  readonly lastBatch: number;
  readonly runs: readonly IndexedRun[];
}

export interface IndexedRun extends Run {
  /** Where the positions lie in the index file, and the crc that they must have. */
  readonly positionsAt: number;
  readonly positionsCrc: number;
}

const MAGIC = 0x31584249;
export const INDEX_PREFIX_BYTES = 12;

type Row = [topicId: string, firstOffset: number, count: number, firstTimeMs: number, lastTimeMs: number, crc: number];
interface Table {
  header: SegmentHeader;
  bytes: number;
  lastBatch: number;
  rows: Row[];
}

/** Magic, length and crc of the table, the table as JSON, then the positions of each run as 32-bit numbers. */
export function encodeIndex(index: Omit<SegmentIndex, "runs">, runs: Iterable<OpenRun>): Buffer {
  const rows: Row[] = [];
  const positions: Uint8Array[] = [];
  for (const run of runs) {
    const bytes = positionBytes(run.positions.subarray(0, run.count));
    rows.push([run.topicId, run.firstOffset, run.count, run.firstTimeMs, run.lastTimeMs, crc32(bytes)]);
    positions.push(bytes);
  }
  const { header, bytes, lastBatch } = index;
  const table = Buffer.from(JSON.stringify({ header, bytes, lastBatch, rows } satisfies Table));
  const prefix = Buffer.alloc(INDEX_PREFIX_BYTES);
  prefix.writeUInt32LE(MAGIC, 0);
  prefix.writeUInt32LE(table.length, 4);
  prefix.writeUInt32LE(crc32(table), 8);
  return Buffer.concat([prefix, table, ...positions]);
}

/** `undefined` when it is not whole. The positions are not looked at: most are never asked for. */
export function decodeIndex(bytes: Buffer): SegmentIndex | undefined {
  if (bytes.length < INDEX_PREFIX_BYTES || bytes.readUInt32LE(0) !== MAGIC) return undefined;
  const tableEnd = INDEX_PREFIX_BYTES + bytes.readUInt32LE(4);
  const text = bytes.subarray(INDEX_PREFIX_BYTES, tableEnd);
  if (tableEnd > bytes.length || crc32(text) !== bytes.readUInt32LE(8)) return undefined;
  const table: Table = JSON.parse(text.toString());
  let positionsAt = tableEnd;
  const runs = table.rows.map(([topicId, firstOffset, count, firstTimeMs, lastTimeMs, positionsCrc]) => {
    const segment = table.header.number;
    const run = { segment, topicId, firstOffset, count, firstTimeMs, lastTimeMs, positionsAt, positionsCrc };
    positionsAt += count * 4;
    return run;
  });
  return { header: table.header, bytes: table.bytes, lastBatch: table.lastBatch, runs };
}

/** How much of the file's front `decodeIndex` needs; 0 when it is no index. */
export function tableBytes(front: Buffer): number {
  if (front.length < INDEX_PREFIX_BYTES || front.readUInt32LE(0) !== MAGIC) return 0;
  return INDEX_PREFIX_BYTES + front.readUInt32LE(4);
}

/** `undefined` when they are not those that were written. */
export function decodePositions(bytes: Buffer, run: IndexedRun): Positions | undefined {
  if (bytes.length < run.count * 4 || crc32(bytes) !== run.positionsCrc) return undefined;
  const positions = new Uint32Array(run.count);
  new Uint8Array(positions.buffer).set(bytes);
  return positions;
}

function positionBytes(positions: Positions): Uint8Array {
  return new Uint8Array(positions.buffer, positions.byteOffset, positions.byteLength);
}
