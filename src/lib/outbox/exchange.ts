import { type Dispatcher, errors } from "undici";
import type { Bagged } from "../domain/bag.ts";
import type { Outcome } from "../domain/delivery.ts";
import { formatDuration } from "../domain/duration.ts";
import { type Answer, answer } from "./answer.ts";
import type { Line, Lines } from "./lines.ts";
import { brokenWords, connectionFault, connectionWords, type Fault, type Place } from "./words.ts";

/** At most so much of an answer is read; what is longer costs the connection, not the outcome. */
const ANSWER_BYTES_MAX = 20_480;

/** Where requests to one endpoint go. */
export interface Target {
  readonly origin: string;
  readonly path: string;
  readonly place: Place;
}

export interface Request {
  readonly target: Target;
  readonly options: Dispatcher.DispatchOptions;
  readonly timeoutMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** What all exchanges of an outbox share. */
export interface Surroundings {
  readonly lines: Lines;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Told when an exchange is over. */
  readonly over: (exchange: Exchange) => void;
}

/** One request and its answer. On a connection that had served before and ends without a byte it is sent once more, on a new one. */
export class Exchange implements Dispatcher.DispatchHandler, Bagged {
  place = -1;
  readonly #surroundings: Surroundings;
  readonly #request: Request;
  readonly #resolve: (outcome: Outcome) => void;
  readonly #startedMs: number;
  #line: Line | undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #isSent: boolean = false;
  #isHeard: boolean = false;
  #isDone: boolean = false;
  #status = 0;
  /** Of an answer other than 2XX. */
  #answer: Answer | undefined;
  #bytes = 0;

  /** `resolve` is told what came of it, once. */
  constructor(surroundings: Surroundings, request: Request, resolve: (outcome: Outcome) => void) {
    this.#surroundings = surroundings;
    this.#request = request;
    this.#resolve = resolve;
    this.#startedMs = surroundings.nowMs();
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  start(): void {
    this.#dispatch(this.#surroundings.lines.take(this.#request.target.origin));
  }

  /** Ends it when its time is over. */
  check(nowMs: number): void {
    if (nowMs >= this.#deadlineMs) this.end(`no answer within ${formatDuration(this.#request.timeoutMs)}`);
  }

  /** Ends it now: what was not answered is unavailable. */
  end(reason: string): void {
    const line = this.#line;
    this.#finish("unavailable", reason);
    line?.destroy();
  }

  onRequestStart(): void {
    this.#isSent = true;
    this.#deadlineMs = this.#surroundings.nowMs() + this.#request.timeoutMs;
  }

  /** The first byte of an answer. */
  onResponseStarted(): void {
    this.#isHeard = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Parameters<typeof answer>[0],
  ): void {
    if (status < 200) return;
    this.#status = status;
    if (status >= 300) this.#answer = answer(headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#answer?.data(chunk);
    if (this.#bytes > ANSWER_BYTES_MAX) this.end("the answer is over 20 KB");
  }

  onResponseEnd(): void {
    const line = this.#line;
    if (this.#isDone) return;
    this.#finish("unavailable", "the answer has no status");
    line?.free();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isDone) return;
    const { target } = this.#request;
    const line = this.#line;
    // The second line is new, so there is no third.
    if (line?.isReused() === true && !this.#isHeard) {
      this.#isSent = false;
      this.#deadlineMs = Number.POSITIVE_INFINITY;
      this.#dispatch(this.#surroundings.lines.fresh(target.origin));
    } else if (this.#isSent) this.#finish("unavailable", brokenWords(error));
    // A message that cannot be sent to anybody shall die of it, not take the endpoint for absent.
    else if (error instanceof errors.InvalidArgumentError) this.#finish("unavailable", `not HTTP: ${error.message}`);
    else this.#finish("connection", connectionWords(error, target.place), connectionFault(error));
    line?.destroy();
  }

  #dispatch(line: Line): void {
    this.#line = line;
    line.dispatch(this.#request.options, this);
  }

  /** A status that came counts, whatever happened afterwards. */
  #finish(kind: "unavailable" | "connection", reason: string, fault: Fault = {}): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#line = undefined;
    this.#surroundings.over(this);
    const tookMs = this.#surroundings.nowMs() - this.#startedMs;
    if (this.#status === 0) this.#resolve({ kind, reason, tookMs, ...fault });
    else if (this.#answer === undefined) this.#resolve({ kind: "answered", status: this.#status, tookMs });
    else this.#resolve({ kind: "answered", status: this.#status, tookMs, details: this.#answer.details() });
  }
}
