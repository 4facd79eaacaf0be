import { durationMs } from "../domain/duration.ts";
import { KBrokerError } from "../domain/error.ts";
import type { Paint } from "./colour.ts";
import { plain } from "./plain.ts";
import { openScreen } from "./screen.ts";
import type { WatchOptions } from "./watch.ts";

const [INTERVAL_MS_MIN, INTERVAL_MS_MAX] = [200, 3_600_000];

export type Shown<T> = Pick<WatchOptions<T>, "show" | "lost"> & { readonly close: () => void };

interface OnScreen<T> {
  readonly paint: Paint;
  readonly render: (value: T, paint: Paint) => string;
  /** Until when what is shown was so, in words. */
  readonly asOf: (value: T) => string;
}

/** Drawn in its place at a terminal. */
export function onScreen<T>(terminal: NodeJS.WriteStream, { paint, render, asOf }: OnScreen<T>): Shown<T> {
  const screen = openScreen(terminal);
  return {
    show: (value) => screen.show(render(value, paint)),
    lost: ({ message }, last) => {
      const notice = `${plain(message)} Trying again; what is shown is as of ${asOf(last)}.`;
      screen.show(`${paint.red(notice)}\n\n${render(last, paint)}`);
    },
    close: screen.close,
  };
}

/** One document a line. That the broker went away is said once, elsewhere than in the stream. */
export function asLines<T>(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Shown<T> {
  let away = false;
  return {
    show: (value) => {
      if (away) stderr.write("The broker answers again.\n");
      away = false;
      stdout.write(`${JSON.stringify(value)}\n`);
    },
    lost: ({ message }) => {
      if (!away) stderr.write(`${plain(message)} Trying again until it answers.\n`);
      away = true;
    },
    close: () => undefined,
  };
}

export function intervalOf(text: string): number {
  const ms = durationMs(text, "--interval");
  if (ms >= INTERVAL_MS_MIN && ms <= INTERVAL_MS_MAX) return ms;
  throw new KBrokerError("usage", `--interval is ${text}; it must be between 200ms and 1h.`, {
    hint: "For instance 2s",
  });
}
