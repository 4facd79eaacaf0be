import { KBrokerError } from "../domain/error.ts";
import {
  ENGINES,
  type EngineName,
  flagOf,
  KAFKA_PASSWORD_VARIABLE,
  KAFKA_RULES,
  KAFKA_VARIABLES,
  type KafkaKey,
} from "./engine-keys.ts";
import type { Setting, SettingsSources } from "./settings-file.ts";

/** Where a password is; the place itself is no secret. */
export type PasswordPlace =
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "variable"; readonly name: string };

/** Which engine a broker runs on, and how it reaches it. Each value comes from a flag, else a variable, else a file, on its own. */
export interface EngineSettings {
  readonly engine: () => Promise<Setting<EngineName>>;
  /** As text; paths of files are from the working directory on. Fails with `config_invalid` for what the key cannot hold. */
  readonly kafka: (key: KafkaKey) => Promise<Setting<string> | undefined>;
  readonly password: () => Promise<Setting<PasswordPlace> | undefined>;
}

export function resolveEngine({ flags, env, files }: SettingsSources): EngineSettings {
  const fromFile = async <T>(pick: (file: Awaited<ReturnType<typeof files>>[number]) => T | undefined) => {
    for (const file of await files()) {
      const value = pick(file);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const typed = (key: KafkaKey): Setting<string> | undefined => {
    const [flag, variable] = [flagOf(key), KAFKA_VARIABLES[key]];
    return (
      given(key, { origin: `--${flag}`, text: flags.kafka?.[key] }) ??
      given(key, { origin: variable, text: env[variable] })
    );
  };

  return {
    engine: async () =>
      engineOf("--engine", flags.engine) ??
      engineOf("KBROKER_ENGINE", env.KBROKER_ENGINE || undefined) ??
      (await fromFile(({ engine }) => engine)) ?? { value: "embedded", origin: "default" },
    kafka: async (key) => typed(key) ?? (await fromFile(({ kafka }) => kafka[key])),
    password: async () => {
      const file = typed("sasl_password_file");
      const isVariable = (env[KAFKA_PASSWORD_VARIABLE] ?? "") !== "";
      if (isVariable && file?.origin === KAFKA_VARIABLES.sasl_password_file) throw twoPasswords();
      if (file !== undefined) return { value: { kind: "file", file: file.value }, origin: file.origin };
      if (isVariable) {
        return { value: { kind: "variable", name: KAFKA_PASSWORD_VARIABLE }, origin: KAFKA_PASSWORD_VARIABLE };
      }
      const found = await fromFile(({ kafka }) => kafka.sasl_password_file);
      return found && { value: { kind: "file", file: found.value }, origin: found.origin };
    },
  };
}

/** An empty variable counts as not set, an empty flag is a mistake. */
function given(
  key: KafkaKey,
  { origin, text }: { origin: string; text: string | undefined },
): Setting<string> | undefined {
  const isFlag = origin.startsWith("--");
  if (text === undefined || (text === "" && !isFlag)) return undefined;
  const { problem, example } = KAFKA_RULES[key];
  const found = text === "" ? "it is empty" : problem(text);
  if (found === undefined) return { value: text, origin };
  throw new KBrokerError("config_invalid", `${origin} cannot be used: ${found}.`, {
    hint: `Write for instance ${origin}${isFlag ? " " : "="}${example}.`,
  });
}

function engineOf(origin: string, text: string | undefined): Setting<EngineName> | undefined {
  if (text === undefined) return undefined;
  const value = ENGINES.find((engine) => engine === text);
  if (value !== undefined) return { value, origin };
  throw new KBrokerError("config_invalid", `${origin} names no engine: ${JSON.stringify(text.slice(0, 40))}.`, {
    hint: `There are: ${ENGINES.join(", ")}.`,
  });
}

function twoPasswords(): KBrokerError {
  return new KBrokerError("config_invalid", "KAFKA_PASSWORD and KAFKA_PASSWORD_FILE are both set.", {
    hint: "Unset one of them.",
  });
}
