// Runs the real CLI as a child process and shows what a person would see: the command, then its captured output.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../bin/run.js", import.meta.url));
const COMMAND_MS_MAX = 20_000;

/** `kbroker` against one broker, from one folder. Settings of the caller's own environment stay out. */
export function terminal({ cwd, url }) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(KBROKER_|KAVAK_|NODE_OPTIONS$)/.test(name));
  const env = {
    ...Object.fromEntries(inherited),
    KBROKER_ADMIN_URL: url,
    KBROKER_INBOX_URL: url,
    XDG_CONFIG_HOME: cwd,
    // For tests of the demo itself.
    ...(process.env.DEMO_NODE_OPTIONS ? { NODE_OPTIONS: process.env.DEMO_NODE_OPTIONS } : {}),
  };
  const start = (args) => spawn(process.execPath, [PROGRAM, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });

  /** Shows the command and what it printed, and fails unless it exits with `exit`. */
  async function run(args, exit = 0) {
    process.stdout.write(`\n$ kbroker ${args.map(quoted).join(" ")}\n`);
    const result = await finished(start(args));
    process.stdout.write(indented(result.stdout + result.stderr));
    if (result.code !== exit) throw new Error(`\`kbroker ${args.join(" ")}\` exited with ${result.code}, not ${exit}.`);
    return result;
  }

  /** The `--json` answer, not shown. */
  async function json(args) {
    const { code, stdout, stderr } = await finished(start([...args, "--json"]));
    if (code !== 0) throw new Error(`\`kbroker ${args.join(" ")} --json\` exited with ${code}: ${stdout}${stderr}`);
    return JSON.parse(stdout);
  }

  return { start, run, json };
}

function finished(child) {
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"]) child[stream].on("data", (chunk) => (output[stream] += chunk));
  const timer = setTimeout(() => child.kill("SIGKILL"), COMMAND_MS_MAX);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code, ...output });
    });
  });
}

const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
const indented = (text) => text.replaceAll(/^(?=.)/gm, "  ");
