import type { LagReply } from "../api/lag.ts";
import { durationMs } from "../domain/duration.ts";
import { KBrokerError } from "../domain/error.ts";
import type { Paint } from "./colour.ts";
import { plain } from "./plain.ts";
import { renderLag } from "./render-lag.ts";
import { openScreen } from "./screen.ts";
import type { WatchOptions } from "./watch.ts";

const [INTERVAL_MS_MIN, INTERVAL_MS_MAX] = [200, 3_600_000];

export type LagShown = Pick<WatchOptions<LagReply>, "show" | "lost"> & { readonly close: () => void };

/** Drawn in its place at a terminal. */
export function lagOnScreen(terminal: NodeJS.WriteStream, paint: Paint): LagShown {
  const screen = openScreen(terminal);
  return {
    show: (lag) => screen.show(renderLag(lag, paint)),
    lost: ({ message }, last) => {
      const notice = `${plain(message)} Trying again; what is shown is as of ${last.asOf}.`;
      screen.show(`${paint.red(notice)}\n\n${renderLag(last, paint)}`);
    },
    close: screen.close,
  };
}

/** One document a line. That the broker went away is said once, elsewhere than in the stream. */
export function lagAsLines(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): LagShown {
  let away = false;
  return {
    show: (lag) => {
      if (away) stderr.write("The broker answers again.\n");
      away = false;
      stdout.write(`${JSON.stringify(lag)}\n`);
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
