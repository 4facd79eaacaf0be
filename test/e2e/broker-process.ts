import { spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { eventually } from "./http.ts";
import { childEnv, program } from "./program.ts";

export interface BrokerProcess {
  readonly url: string;
  /** For `kbroker`: settings that lead here. */
  readonly env: Record<string, string>;
  /** Ctrl-C, and the exit code. */
  interrupt(): Promise<number | null>;
}

/** `kbroker broker start` as a process of its own on a free port, ready; killed after the test if it is still there. */
export async function startBrokerProcess(dataDir: string): Promise<BrokerProcess> {
  const args = [program(), "broker", "start", "--port", "0", "--data-dir", dataDir, "--json"];
  const child = spawn(process.execPath, args, { cwd: "/", env: childEnv(), stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  const exited = once(child, "close").then(([exit]) => exit as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const url = await eventually(() => {
    if (child.exitCode !== null) throw new Error(`The broker ended with ${child.exitCode}: ${stderr}`);
    return String(JSON.parse(stdout).url);
  });
  const interrupt = () => {
    child.kill("SIGINT");
    return exited;
  };
  return { url, env: { KBROKER_ADMIN_URL: url }, interrupt };
}
