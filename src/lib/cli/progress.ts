import type { Clock } from "../domain/clock.ts";
import { plain } from "./plain.ts";

/** What is over sooner needs no words. */
const SHOWN_AFTER_MS = 1_000;
const REDRAWN_AFTER_MS = 100;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const COLUMNS = 80;
const BACK_AND_CLEAR = "\r\u001b[K";

/** One line on a terminal that says how far something is. */
export interface Progress {
  /** What it says from now on. */
  tell(text: string): void;
  /** Takes it off the screen, so that something else can be printed; it comes back by itself. */
  hide(): void;
  /** Takes it off for good. */
  end(): void;
}

export interface ProgressOptions {
  readonly stream: { readonly columns?: number; write(text: string): unknown };
  readonly clock: Clock;
}

/** Whether a line that is drawn over and over can be read there. */
export function canRedraw(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && env.TERM !== "dumb";
}

/** Shows up after a second, and is cut to the width of the terminal: a line that wraps could not be drawn over. */
export function openProgress(initial: string, { stream, clock }: ProgressOptions): Progress {
  const ended = new AbortController();
  const startedMs = clock.monotonic();
  let text = initial;
  let shown = false;
  let frame = 0;

  const draw = () => {
    const seconds = Math.floor((clock.monotonic() - startedMs) / 1_000);
    const line = `${FRAMES[frame % FRAMES.length]} ${plain(text)} (${seconds} s)`;
    frame += 1;
    shown = true;
    stream.write(
      BACK_AND_CLEAR +
        Array.from(line)
          .slice(0, Math.max(1, (stream.columns ?? COLUMNS) - 1))
          .join(""),
    );
  };
  const hide = () => {
    if (shown) stream.write(BACK_AND_CLEAR);
    shown = false;
  };
  const run = async () => {
    await clock.after(SHOWN_AFTER_MS, ended.signal);
    while (!ended.signal.aborted) {
      draw();
      await clock.after(REDRAWN_AFTER_MS, ended.signal);
    }
  };
  void run();

  return {
    tell: (next) => {
      text = next;
    },
    hide,
    end: () => {
      ended.abort();
      hide();
    },
  };
}
