import { BATCH_BYTES_MAX, BATCH_LINES_MAX, isBlank } from "../domain/batch.ts";

const LINE_FEED = 0x0a;

/** Lines that go out together, byte for byte. */
export interface Batch {
  readonly bytes: Uint8Array;
  /** Number of its first line in the input, from 1. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** Lines that are too long for any batch; they are not in `bytes`. */
  readonly tooLong: readonly number[];
  /** Whether there is anything to send. */
  readonly blank: boolean;
}

/**
 * An input of any size as batches within the limits of one. What has come is sent on before more is waited for, so that a slow
 * writer's lines do not lie here; never more than one batch and one part of the stream is held.
 */
export async function* batchesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Batch> {
  const gather = gatherer();
  for await (const part of stream) {
    for (let from = 0; from < part.length; ) {
      const feed = part.indexOf(LINE_FEED, from);
      const end = feed === -1 ? part.length : feed + 1;
      const full = gather.add(part.subarray(from, end), feed !== -1);
      if (full !== undefined) yield full;
      from = end;
    }
    const ready = gather.take();
    if (ready !== undefined) yield ready;
  }
  const full = gather.endLine();
  if (full !== undefined) yield full;
  const last = gather.take();
  if (last !== undefined) yield last;
}

function gatherer() {
  let line: Uint8Array[] = [];
  let lineBytes = 0;
  let lines: Uint8Array[] = [];
  let bytes = 0;
  let tooLong: number[] = [];
  let firstLine = 1;
  let nextLine = 1;

  /** The lines that are complete. */
  function take(): Batch | undefined {
    if (nextLine === firstLine) return undefined;
    const batch = {
      bytes: Buffer.concat(lines),
      firstLine,
      lastLine: nextLine - 1,
      tooLong,
      blank: lines.every(isBlankLine),
    };
    [lines, bytes, tooLong, firstLine] = [[], 0, [], nextLine];
    return batch;
  }

  /** Gives the batch that the line has no more room in. */
  function endLine(): Batch | undefined {
    if (lineBytes === 0) return undefined;
    const isTooLong = lineBytes > BATCH_BYTES_MAX;
    const noRoom = bytes + lineBytes > BATCH_BYTES_MAX || nextLine - firstLine >= BATCH_LINES_MAX;
    const full = noRoom && !isTooLong ? take() : undefined;
    if (isTooLong) tooLong.push(nextLine);
    else lines.push(Buffer.concat(line));
    bytes += isTooLong ? 0 : lineBytes;
    nextLine += 1;
    [line, lineBytes] = [[], 0];
    return full;
  }

  return {
    take,
    endLine,
    add(part: Uint8Array, ends: boolean): Batch | undefined {
      lineBytes += part.length;
      // Of a line that fits no batch only the length is kept.
      if (lineBytes <= BATCH_BYTES_MAX) line.push(part);
      else line = [];
      return ends ? endLine() : undefined;
    },
  };
}

function isBlankLine(line: Uint8Array): boolean {
  return isBlank(line.at(-1) === LINE_FEED ? line.subarray(0, -1) : line);
}
