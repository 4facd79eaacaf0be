import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { javaArguments, javaEnvironment } from "./node.ts";
import type { Program } from "./program.ts";

const run = promisify(execFile);
const TOOL_MS_MAX = 60_000;

export interface ToolCall {
  /** Its class, such as `org.apache.kafka.tools.TopicCommand`. */
  readonly name: string;
  readonly args: readonly string[];
  /** Ends it, whatever it waits for: one that is asked to end waits for a cluster that may be gone. */
  readonly signal: AbortSignal;
}

/** What one of Kafka's own command-line tools prints. */
export async function runTool(program: Program, { name, args, signal }: ToolCall): Promise<string> {
  const java = ["-Xmx128m", ...javaArguments(program), name];
  const options = { timeout: TOOL_MS_MAX, killSignal: "SIGKILL", env: javaEnvironment() } as const;
  const running = run(program.java, [...java, ...args], options);
  const end = () => running.child.kill("SIGKILL");
  signal.addEventListener("abort", end, { once: true });
  const { stdout } = await running.finally(() => signal.removeEventListener("abort", end));
  return stdout;
}
