import type { FrameHead } from "./frame.ts";

/**
 * The records of one topic in one segment. Its offsets follow one another without a hole, so a place that is empty, in a run or
 * between two of them, is a record that was lost.
 */
export interface Run {
  readonly segment: number;
  readonly topicId: string;
  readonly firstOffset: number;
  count: number;
  readonly firstTimeMs: number;
  lastTimeMs: number;
}

/** Where each record of a run begins in its segment; 0 where it was lost. */
export type Positions = Uint32Array;

/** A run whose positions are in memory: of the segment that is written to, or that was just read through. */
export interface OpenRun extends Run {
  positions: Positions;
}

export function runEnd(run: Run): number {
  return run.firstOffset + run.count;
}

export type OpenRuns = Map<string, OpenRun>;

export type PlacedFrame = Pick<FrameHead, "topicId" | "offset" | "timeMs">;

/** The runs of one segment. */
export interface RunsOf {
  readonly segment: number;
  readonly runs: OpenRuns;
}

/**
 * Notes one frame; frames come in the order of the segment. Gives the run when it is a new one. A start does this for each frame of the
 * newest segment, so it is handed what is there: a copy of the head with its position made a start three times as long.
 */
export function addToRun({ segment, runs }: RunsOf, frame: PlacedFrame, position: number): OpenRun | undefined {
  const { topicId, offset, timeMs } = frame;
  const run = runs.get(topicId);
  if (run === undefined) {
    const positions = new Uint32Array(8);
    positions[0] = position;
    const times = { firstTimeMs: timeMs, lastTimeMs: timeMs };
    const begun: OpenRun = { segment, topicId, firstOffset: offset, count: 1, ...times, positions };
    runs.set(topicId, begun);
    return begun;
  }
  const at = offset - run.firstOffset;
  if (at >= run.positions.length) run.positions = grown(run.positions, at + 1);
  run.positions[at] = position;
  run.count = Math.max(run.count, at + 1);
  run.lastTimeMs = Math.max(run.lastTimeMs, timeMs);
  return undefined;
}

function grown(positions: Positions, length: number): Positions {
  const larger = new Uint32Array(Math.max(length, positions.length * 2));
  larger.set(positions);
  return larger;
}
