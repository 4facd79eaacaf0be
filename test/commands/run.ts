import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Command, Config } from "@oclif/core";
import { captureOutput } from "@oclif/test";

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/**
 * Runs a command of `src` ("topic list") in this process, with no settings but those of `env`, and gives what it printed and its
 * exit code. Nobody can be asked: stdin is no terminal.
 */
export async function run(name: string, argv: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  return runClass(await load(name), argv, env);
}

export async function runClass(
  command: CommandClass,
  argv: readonly string[],
  env: Record<string, string> = {},
): Promise<Finished> {
  const before = { ...process.env };
  for (const variable of Object.keys(before))
    if (/^(KBROKER_|KAVAK_|KAFKA_|CI$|DEBUG$)/.test(variable)) delete process.env[variable];
  Object.assign(process.env, { XDG_CONFIG_HOME: "/nonexistent" }, env);
  try {
    const config = await bareConfig();
    const { stdout, stderr, error } = await captureOutput(() => command.run([...argv], config), {
      testNodeEnv: "production",
    });
    if (error !== undefined) throw error;
    return { stdout, stderr, exit: Number(process.exitCode ?? 0) };
  } finally {
    process.exitCode = undefined;
    process.env = before;
  }
}

/** The `--json` document. */
export async function runJson(name: string, argv: readonly string[], env?: Record<string, string>) {
  const { stdout, stderr, exit } = await run(name, [...argv, "--json"], env);
  const json: unknown = JSON.parse(stdout);
  return { json, stderr, exit };
}

type CommandClass = typeof Command & (new (argv: string[], config: Config) => Command);

const root = fileURLToPath(new URL("../..", import.meta.url));

async function load(name: string): Promise<CommandClass> {
  const { default: command } = await import(`${root}src/commands/${name.replaceAll(" ", "/")}.ts`);
  command.id = name.replaceAll(" ", ":");
  return command;
}

/** oclif's configuration without its commands: the one to run is handed over as a class. */
function bareConfig(): Promise<Config> {
  const pjson = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const { commands: _commands, hooks: _hooks, ...oclif } = pjson.oclif;
  return Config.load({ root, pjson: { ...pjson, oclif } });
}
