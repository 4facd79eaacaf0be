const MIB = 1_048_576;

/** Every bound of the embedded engine, by name; the options may set each anew. */
export interface EmbeddedLimits {
  /** A segment that would grow over this is sealed and the next one begun. One batch may be larger than a small limit. */
  readonly segmentBytesMax: number;
  /** How far zeros are written ahead in the newest segment: a sync that changes neither size nor blocks of a file is cheaper. */
  readonly zerosAheadBytes: number;
  /** What one write and one sync carry at most; a single call that is larger goes alone. */
  readonly batchBytesMax: number;
  /** What may wait to be made durable; above either, an append is `overloaded`. */
  readonly backlogBytesMax: number;
  readonly backlogCountMax: number;
  /** Below this much free space only what the broker itself must write is taken. */
  readonly freeBytesMin: number;
  /** The newest messages, kept in memory so that readers at the tail touch no disk. */
  readonly tailBytesMax: number;
  /** One read from disk. */
  readonly readBytesMax: number;
  /** Positions of sealed segments, kept in memory. */
  readonly positionsBytesMax: number;
  /** Files open for reading. */
  readonly openFilesMax: number;
  /** Caller-given ids remembered for deduplication. */
  readonly rememberedIdsMax: number;
  /** How often what the journal holds is noted in the state: what a start after a crash has to look at again. */
  readonly checkpointPeriodMs: number;
}

export const LIMITS: EmbeddedLimits = {
  segmentBytesMax: 64 * MIB,
  zerosAheadBytes: MIB,
  batchBytesMax: MIB,
  backlogBytesMax: 64 * MIB,
  backlogCountMax: 20_000,
  freeBytesMin: 256 * MIB,
  tailBytesMax: 16 * MIB,
  readBytesMax: MIB / 4,
  positionsBytesMax: 16 * MIB,
  openFilesMax: 64,
  rememberedIdsMax: 1_000_000,
  checkpointPeriodMs: 1_000,
};
