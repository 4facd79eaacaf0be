import { spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { engineEnv } from "../support/on-kafka/storage.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The program as it is installed. It runs what was built: a build that is older than its sources would prove nothing. */
export function program(): string {
  const built = `${root}dist/lib/cli/base-command.js`;
  if (!existsSync(built) || newest(`${root}src`) > statSync(built).mtimeMs) {
    throw new Error("dist is missing, or older than src: npm run build");
  }
  return `${root}bin/run.js`;
}

function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return Math.max(...files.map((file) => statSync(`${folder}/${file}`).mtimeMs));
}

/** This process's environment without what would lead a child elsewhere, and with what a test gives it. */
export function childEnv(given: Record<string, string> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(KBROKER_|KAVAK_|CI$|NO_COLOR$|FORCE_COLOR$|NODE_)/.test(name),
  );
  return {
    ...Object.fromEntries(kept.map(([name, value]) => [name, value ?? ""])),
    XDG_CONFIG_HOME: "/nonexistent",
    ...engineEnv(),
    ...given,
  };
}

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number | null;
}

/** Runs the program to its end, with `input` on stdin. */
export function kbroker(argv: readonly string[], { env = {}, input, cwd, main }: RunOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, [main ?? program(), ...argv], { env: childEnv(env), cwd: cwd ?? "/" });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.stderr += text));
  child.stdin.on("error", () => undefined).end(input ?? "");
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (exit) => resolve({ ...output, exit }));
  });
}

interface RunOptions {
  readonly env?: Record<string, string>;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** Another file to start than the program's own. */
  readonly main?: string;
}
