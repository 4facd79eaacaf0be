import type { BatchLineReply } from "../api/message.ts";
import { BATCH_BYTES_MAX } from "../domain/batch.ts";
import { KBrokerError } from "../domain/error.ts";
import { type Batch, batchesOf } from "./batch-input.ts";
import { countText, plural } from "./fields.ts";
import { streamFile } from "./files.ts";
import { onInterrupt } from "./interrupt.ts";
import { shellLine, shellQuote } from "./shell.ts";

/** How many numbers of lines are named; the results have them all. */
const NAMED_LINES_MAX = 20;

/** Where lines come from. */
export interface LineInput {
  readonly stream: AsyncIterable<Uint8Array>;
  /** Aborts at Ctrl-C; what is under way is finished, nothing more is read. */
  readonly signal: AbortSignal;
  /** `undefined`: stdin. */
  readonly file: string | undefined;
  readonly isTerminal: boolean;
  readonly close: () => void;
}

/** A file's lines, or those of stdin when `path` is left out or `-`. */
export function openLines(path: string | undefined, stdin: NodeJS.ReadStream): LineInput {
  const { signal, release: close } = onInterrupt();
  if (path !== undefined && path !== "-") {
    return { stream: streamFile(path), signal, file: path, isTerminal: false, close };
  }
  signal.addEventListener("abort", () => stdin.destroy());
  return { stream: stdin, signal, file: undefined, isTerminal: stdin.isTTY, close };
}

export interface BatchDeps {
  readonly stream: AsyncIterable<Uint8Array>;
  readonly send: (bytes: Uint8Array) => Promise<readonly BatchLineReply[]>;
  /** Told of each line that is not blank, in their order, as the answers come. */
  readonly tell: (result: BatchLineReply, soFar: BatchCounts) => void;
  readonly signal: AbortSignal;
}

export interface BatchCounts {
  /** Lines of the input, blank ones included, that were answered. */
  lines: number;
  stored: number;
  duplicates: number;
  /** Numbers of the lines that were refused. */
  readonly failed: number[];
}

/** How it ended; `stopped` when the lines `from` … `to` were not answered, and why, and none behind them was sent. */
export interface BatchEnd {
  readonly counts: BatchCounts;
  readonly stopped?: { readonly error: unknown; readonly from: number; readonly to: number };
}

/** Sends an input of any size, one batch after the other, so that the lines keep their order. Ends early when `signal` aborts. */
export async function publishLines({ stream, send, tell, signal }: BatchDeps): Promise<BatchEnd> {
  const counts: BatchCounts = { lines: 0, stored: 0, duplicates: 0, failed: [] };
  try {
    for await (const batch of batchesOf(stream)) {
      if (signal.aborted) break;
      let results: readonly BatchLineReply[];
      try {
        results = batch.blank ? [] : await send(batch.bytes);
      } catch (error) {
        return { counts, stopped: { error, from: batch.firstLine, to: batch.lastLine } };
      }
      for (const result of inInput(batch, results)) {
        count(counts, result);
        tell(result, counts);
      }
      counts.lines = batch.lastLine;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (counts.lines > 0 || signal.aborted) return { counts };
  throw new KBrokerError("usage", "There is no line to publish.", {
    hint: 'Give one {"payload": …} a line, with --file or on stdin.',
  });
}

/** Results with the numbers that their lines have in the input, and those of lines that no batch could hold. */
function inInput({ firstLine, tooLong }: Batch, results: readonly BatchLineReply[]): readonly BatchLineReply[] {
  // A line that was left out stands between others: those behind it are further down by one for each.
  const numbers = (line: number) =>
    tooLong.reduce((number, left) => (left <= number ? number + 1 : number), line + firstLine - 1);
  const moved = results.map((result): BatchLineReply => {
    const line = numbers(result.line);
    if (!("error" in result)) return { ...result, line };
    const { problems, ...error } = result.error;
    if (problems === undefined) return { line, error };
    return { line, error: { ...error, problems: problems.map((problem) => ({ ...problem, line })) } };
  });
  return [...moved, ...tooLong.map(tooLongReply)].sort((a, b) => a.line - b.line);
}

function tooLongReply(line: number): BatchLineReply {
  const message = `The line is over ${BATCH_BYTES_MAX} bytes, which no batch takes.`;
  return { line, error: { code: "payload_too_large", message } };
}

function count(counts: BatchCounts, result: BatchLineReply): void {
  if ("error" in result) counts.failed.push(result.line);
  else if (result.duplicate) counts.duplicates += 1;
  else counts.stored += 1;
}

/** One result for people: "line 3 stored o-1". */
export function resultText(result: BatchLineReply): string {
  if ("error" in result) return `line ${result.line} failed: ${result.error.message} (${result.error.code})`;
  return `line ${result.line} ${result.duplicate ? "duplicate" : "stored"} ${result.id}`;
}

/** What came of it all, what to do with what failed, and the exit code; `file` is where the lines came from, if not from stdin. */
export function reportOf(end: BatchEnd, source: LineSource): { readonly text: string; readonly exit: 0 | 1 } {
  const { stored, duplicates, failed } = end.counts;
  const repeats = duplicates === 0 ? "" : `, ${plural(duplicates, "duplicate")} not stored again`;
  const counted = `Published to ${source.topic}: ${plural(stored, "message")} stored${repeats}, ${countText(failed.length)} failed.`;
  const lines = [counted, ...failedText(end, source), ...stoppedText(end, source)];
  return { text: `${lines.join("\n")}\n`, exit: failed.length > 0 || end.stopped !== undefined ? 1 : 0 };
}

interface LineSource {
  readonly topic: string;
  readonly file: string | undefined;
}

function failedText({ counts: { failed } }: BatchEnd, source: LineSource): readonly string[] {
  if (failed.length === 0) return [];
  const text = `Not published: ${linesText(failed)}. Nothing of them was stored: mend them, then send them alone.`;
  if (failed.length > NAMED_LINES_MAX) return [text];
  return [text, ...piped(`sed -n '${failed.map((line) => `${line}p`).join(";")}'`, source, "When they are mended")];
}

function stoppedText({ stopped }: BatchEnd, source: LineSource): readonly string[] {
  if (stopped === undefined) return [];
  const { error, from, to } = stopped;
  const text = isUnsure(error)
    ? `Whether lines ${from} to ${to} were stored is not known: with an id they are safe to send again, without one they may be stored twice.`
    : `Nothing from line ${from} on was stored.`;
  return [text, ...piped(`tail -n +${from}`, source, "To go on from there")];
}

/** The command line that sends a part of the file. What came from stdin is gone. */
function piped(pick: string, { topic, file }: LineSource, when: string): readonly string[] {
  const publish = shellLine(["kbroker", "message", "publish", topic, "--batch"]);
  return file === undefined ? [] : [`${when}: ${pick} ${shellQuote(file)} | ${publish}`];
}

function linesText(lines: readonly number[]): string {
  const shown = lines.slice(0, NAMED_LINES_MAX).join(", ");
  const more = lines.length > NAMED_LINES_MAX ? ` and ${countText(lines.length - NAMED_LINES_MAX)} more` : "";
  return `line${lines.length === 1 ? "" : "s"} ${shown}${more}`;
}

/** The request may have arrived and its answer not. */
function isUnsure(error: unknown): boolean {
  if (!(error instanceof KBrokerError)) return true;
  const { code, cause } = error;
  if (code === "reply_not_understood" || code === "internal") return true;
  return code === "broker_unreachable" && !(cause instanceof Error && "code" in cause && NEVER_SENT.has(cause.code));
}

/** Nobody was there to send anything to. */
const NEVER_SENT: ReadonlySet<unknown> = new Set([
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"],
]);
