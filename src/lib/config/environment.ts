import { KBrokerError } from "../domain/error.ts";
import { nearest } from "../domain/nearest.ts";
import { DEFAULT_ENVIRONMENTS } from "./default-environments.ts";
import type { FileEnvironment, Setting, SettingsFile, SettingsSources } from "./settings-file.ts";

export interface ChosenEnvironment {
  readonly name: Setting<string>;
  /** What the files say about it, nearest first. */
  readonly files: readonly FileEnvironment[];
  readonly platformInbox: Setting<string> | undefined;
}

/**
 * Which environment is worked on, if any. One that is described nowhere fails with `config_invalid`: going to the default
 * address instead would act on another broker than the one that was named.
 */
export async function chooseEnvironment(sources: SettingsSources): Promise<ChosenEnvironment | undefined> {
  const files = await sources.files();
  const name = named(sources) ?? files.find(({ environment }) => environment)?.environment;
  if (name === undefined) return undefined;
  const described = files.flatMap(({ environments }) => environments.get(name.value) ?? []);
  const platform = Object.hasOwn(DEFAULT_ENVIRONMENTS, name.value) ? DEFAULT_ENVIRONMENTS[name.value] : undefined;
  if (described.length === 0 && platform === undefined) throw unknown(name, files);
  return { name, files: described, platformInbox: platform && { value: platform.inbox, origin: "default" } };
}

function named({ flags, env }: SettingsSources): Setting<string> | undefined {
  if (flags.env !== undefined) return { value: flags.env, origin: "--env" };
  for (const origin of ["KBROKER_ENV", "KAVAK_ENVIRONMENT"]) {
    const value = env[origin];
    if (value !== undefined && value !== "") return { value, origin };
  }
  return undefined;
}

function unknown({ value, origin }: Setting<string>, files: readonly SettingsFile[]): KBrokerError {
  const names = new Set([
    ...files.flatMap(({ environments }) => [...environments.keys()]),
    ...Object.keys(DEFAULT_ENVIRONMENTS),
  ]);
  const meant = nearest(value, names);
  const question = meant === undefined ? `There are: ${[...names].join(", ")}.` : `Did you mean ${meant}?`;
  return new KBrokerError(
    "config_invalid",
    `The environment ${JSON.stringify(value)} (${origin}) is described nowhere.`,
    {
      hint: `${question} .kavak/config.yaml describes environments under kbroker.environments.`,
    },
  );
}
