import { Flags } from "@oclif/core";
import { CODES } from "../domain/error.ts";
import { BaseCommand } from "./base-command.ts";
import type { Paint } from "./colour.ts";
import { onInterrupt } from "./interrupt.ts";
import { canRedraw } from "./progress.ts";
import { watch } from "./watch.ts";
import { asLines, intervalOf, onScreen } from "./watch-shown.ts";

const INTERVAL_DEFAULT = "2s";

/** For commands that show one thing once, or look again and again; spread into their `flags`. */
export const watchFlags = {
  watch: Flags.boolean({
    char: "w",
    description: "Look again and again until Ctrl-C: in place at a terminal, else one JSON a line.",
  }),
  interval: Flags.string({
    description: "How often to look (default: 2s).",
    helpValue: "<duration>",
    dependsOn: ["watch"],
  }),
};

interface Watched<T> {
  readonly read: () => Promise<T>;
  readonly render: (value: T, paint: Paint) => string;
  /** Until when what is shown was so, in words. */
  readonly asOf: (value: T) => string;
  /** Of the flag. */
  readonly interval: string | undefined;
}

export abstract class WatchCommand extends BaseCommand {
  protected override isStream(): boolean {
    return this.argv.some((word) => word === "--watch" || word === "-w");
  }

  /** Shows it until somebody ends it, or until nobody reads it any more. */
  protected async watch<T>({ read, render, asOf, interval }: Watched<T>): Promise<undefined> {
    const intervalMs = intervalOf(interval ?? INTERVAL_DEFAULT);
    const { stdout, stderr } = process;
    const isDrawn = !this.jsonEnabled() && canRedraw(stdout, process.env);
    const { signal, release } = onInterrupt({ alsoWhenUnread: stdout });
    const shown = isDrawn ? onScreen(stdout, { paint: await this.paint(), render, asOf }) : asLines<T>(stdout, stderr);
    await watch({ read, ...shown, intervalMs, clock: this.clock, signal }).finally(() => {
      shown.close();
      release();
    });
    if (signal.reason !== "unread") process.exitCode = CODES.cancelled.exit;
    return undefined;
  }
}
