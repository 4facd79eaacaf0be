import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { javaArguments, javaEnvironment } from "./node.ts";
import type { Program } from "./program.ts";

const run = promisify(execFile);
const TOOL_MS_MAX = 60_000;

/** What one of Kafka's own command-line tools prints. `name` is its class, such as `org.apache.kafka.tools.TopicCommand`. */
export async function runTool(program: Program, name: string, args: readonly string[]): Promise<string> {
  const java = ["-Xmx128m", ...javaArguments(program), name];
  const { stdout } = await run(program.java, [...java, ...args], { timeout: TOOL_MS_MAX, env: javaEnvironment() });
  return stdout;
}
