import { KBrokerError } from "../domain/error.ts";
import { addressProblem, normalAddress } from "./address.ts";
import { type EngineSettings, resolveEngine } from "./engine-settings.ts";
import { type ChosenEnvironment, chooseEnvironment } from "./environment.ts";
import type { Setting, SettingsSources } from "./settings-file.ts";

const DEFAULT_ADDRESS = "http://127.0.0.1:7070";

/** What decides where the CLI goes. Each is worked out when asked for, so that a broken file stops only who needs it. */
export interface Settings {
  readonly environment: () => Promise<Setting<string> | undefined>;
  /** Both addresses fail with `config_invalid` where a value is none, or the environment has none. */
  readonly adminUrl: () => Promise<Setting<string>>;
  readonly inboxUrl: () => Promise<Setting<string>>;
  /** Whether the environment is one in which destructive acts need the name typed. */
  readonly protected: () => Promise<Setting<boolean>>;
  /** A secret: never printed. */
  readonly token: () => Setting<string> | undefined;
  /** What a broker runs on that is started here. */
  readonly engine: EngineSettings;
}

/** One source of addresses. */
interface Layer {
  readonly admin: Setting<string> | undefined;
  readonly inbox: Setting<string> | undefined;
}

/**
 * Flag, then variable, then `.kavak/config.yaml`, then the user's file, then the default. The first of them that names the
 * broker names all of it: one that gives only the admin address means a broker whose inbox is there too. The addresses of an
 * environment chosen by `--env` stand before the variables, because a flag was typed for this one command.
 */
export function resolveSettings(sources: SettingsSources): Settings {
  return {
    environment: async () => (await chooseEnvironment(sources))?.name,
    adminUrl: async () => {
      for await (const { admin } of layers(sources)) if (admin !== undefined) return admin;
      return noAddress(sources, "admin");
    },
    inboxUrl: async () => {
      for await (const { inbox, admin } of layers(sources)) {
        const setting = inbox ?? admin;
        if (setting !== undefined) return setting;
      }
      return noAddress(sources, "inbox");
    },
    protected: async () => {
      const chosen = await chooseEnvironment(sources);
      return chosen?.files.find((file) => file.protected)?.protected ?? { value: false, origin: "default" };
    },
    token: () => token(sources),
    engine: resolveEngine(sources),
  };
}

async function* layers(sources: SettingsSources): AsyncGenerator<Layer> {
  const { flags, env } = sources;
  yield { admin: given("--admin-url", flags["admin-url"]), inbox: given("--inbox-url", flags["inbox-url"]) };
  if (flags.env !== undefined) yield* environmentLayers(await chooseEnvironment(sources));
  yield {
    admin: given("KBROKER_ADMIN_URL", env.KBROKER_ADMIN_URL || undefined),
    inbox: given("KBROKER_INBOX_URL", env.KBROKER_INBOX_URL || undefined),
  };
  const chosen = await chooseEnvironment(sources);
  yield* environmentLayers(chosen);
  if (chosen === undefined) yield { admin: { value: DEFAULT_ADDRESS, origin: "default" }, inbox: undefined };
}

function environmentLayers(chosen: ChosenEnvironment | undefined): readonly Layer[] {
  if (chosen === undefined) return [];
  const normal = (setting: Setting<string> | undefined) =>
    setting && { ...setting, value: normalAddress(setting.value) };
  const files = chosen.files.map(({ admin, inbox }) => ({ admin: normal(admin), inbox: normal(inbox) }));
  return [...files, { admin: undefined, inbox: chosen.platformInbox }];
}

/** The text itself may hold a password and is not repeated. */
function given(origin: string, text: string | undefined): Setting<string> | undefined {
  if (text === undefined) return undefined;
  const problem = addressProblem(text);
  if (problem === undefined) return { value: normalAddress(text), origin };
  throw new KBrokerError("config_invalid", `${origin} is no address of a broker: ${problem}.`, {
    hint: `Give ${origin} a value such as ${DEFAULT_ADDRESS}.`,
  });
}

async function noAddress(sources: SettingsSources, kind: "admin" | "inbox"): Promise<never> {
  const chosen = await chooseEnvironment(sources);
  const { value, origin } = chosen?.name ?? { value: "", origin: "" };
  throw new KBrokerError("config_invalid", `The environment ${value} (${origin}) has no ${kind} address.`, {
    hint: `Add kbroker.environments.${value}.${kind} to .kavak/config.yaml, or set KBROKER_${kind.toUpperCase()}_URL.`,
  });
}

function token({ env }: SettingsSources): Setting<string> | undefined {
  const value = env.KBROKER_TOKEN;
  if (value === undefined || value === "") return undefined;
  if (/^[\x21-\x7E]+$/.test(value)) return { value, origin: "KBROKER_TOKEN" };
  throw new KBrokerError("config_invalid", "KBROKER_TOKEN holds white space or other characters that no token has.", {
    hint: "Set it again without quotes, spaces and line ends.",
  });
}
