import { spawn } from "@lydell/node-pty";
import { expect, onTestFinished, vi } from "vitest";
import { childEnv, program } from "./program.ts";

/** Child processes on a busy machine: generous, and only reached when something is wrong. */
const SEE_MS_MAX = 30_000;

export interface Terminal {
  /** Waits until this shows up behind what was seen before. */
  see(what: RegExp): Promise<void>;
  type(keys: string): void;
  /** All that was written, without escape codes. */
  text(): string;
  raw(): string;
  readonly ended: Promise<number>;
}

export const KEYS = { enter: "\r", down: "\u001b[B", ctrlC: "\u0003", clear: "\u0015" };

/** The program at a terminal of its own; with `stdoutTo` its stdout goes to that file, as `> file` does. */
export function terminal(argv: readonly string[], env: Record<string, string>, stdoutTo?: string): Terminal {
  const { TERM: name = "xterm-256color" } = env;
  const process_ = spawn(
    "/bin/sh",
    ["-c", `exec "$@"${stdoutTo === undefined ? "" : ' > "$OUT"'}`, "sh", process.execPath, program(), ...argv],
    {
      name,
      cols: 160,
      rows: 40,
      cwd: "/",
      env: childEnv({ ...env, OUT: stdoutTo ?? "" }),
    },
  );
  let raw = "";
  let seenTo = 0;
  process_.onData((data) => {
    raw += data;
  });
  const ended = new Promise<number>((resolve) => process_.onExit(({ exitCode }) => resolve(exitCode)));
  onTestFinished(() => process_.kill());
  const text = () => withoutEscapes(raw);
  const see = async (what: RegExp) => {
    const found = await vi.waitFor(
      () => {
        const match = what.exec(text().slice(seenTo));
        expect(match, `${what} in:\n${text()}`).not.toBeNull();
        return match;
      },
      { timeout: SEE_MS_MAX, interval: 20 },
    );
    seenTo += (found?.index ?? 0) + (found?.[0].length ?? 0);
  };
  return { see, type: (keys) => process_.write(keys), text, raw: () => raw, ended };
}

function withoutEscapes(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is taken out.
  return text.replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, "").replaceAll("\r", "");
}
