import path from "node:path";
import { type BrokerSection, brokerSection } from "./broker-section.ts";
import { type EngineName, KAFKA_KEYS, type KafkaKey } from "./engine-keys.ts";
import type { KafkaSection } from "./kafka-section.ts";
import type { LoadedFile } from "./load-file.ts";
import { configInvalid, errorsOf, type Path, pathText } from "./problem.ts";

/** A value and where it comes from, as `config show --origin` prints it. */
export interface Setting<T> {
  readonly value: T;
  readonly origin: string;
}

export interface FileEnvironment {
  readonly admin: Setting<string> | undefined;
  readonly inbox: Setting<string> | undefined;
  readonly protected: Setting<boolean> | undefined;
}

/** The settings that one file holds: `.kavak/config.yaml` or the user's own. */
export interface SettingsFile {
  readonly file: string;
  readonly environment: Setting<string> | undefined;
  readonly environments: ReadonlyMap<string, FileEnvironment>;
  readonly engine: Setting<EngineName> | undefined;
  readonly kafka: KafkaTexts<Setting<string>>;
}

export type KafkaTexts<T> = { readonly [key in KafkaKey]?: T | undefined };

export interface SettingsFlags {
  readonly "admin-url"?: string | undefined;
  readonly "inbox-url"?: string | undefined;
  readonly env?: string | undefined;
  readonly engine?: string | undefined;
  readonly kafka?: KafkaTexts<string>;
}

/** Where settings may come from. */
export interface SettingsSources {
  readonly flags: SettingsFlags;
  /** Variables as the process has them; an empty one counts as not set. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The files, nearest first (`.kavak/config.yaml`, then the user's own). Asked for only when a file can decide something. */
  readonly files: () => Promise<readonly SettingsFile[]>;
}

/**
 * The settings under `prefix`. Fails with `config_invalid` where that part, or the file as a whole, cannot be trusted; what is
 * wrong elsewhere in the file is no reason to withhold an answer from somebody who only looks.
 */
export function settingsFile(loaded: LoadedFile<unknown>, prefix: readonly string[]): SettingsFile {
  const own = pathText(prefix);
  const errors = errorsOf(loaded.problems).filter((one) => one.path === "" || own === "" || isWithin(one.path, own));
  if (errors.length > 0) throw configInvalid(errors);
  const section = brokerSection.safeParse(valueUnder(loaded.yaml.value, prefix) ?? {}).data ?? {};
  const placed = <T>(at: Path, value: T | undefined): Setting<T> | undefined =>
    value === undefined ? undefined : { value, origin: originOf(loaded, [...prefix, ...at]) };
  return {
    file: loaded.file,
    environment: placed(["environment"], section.environment),
    environments: new Map(
      Object.entries(section.environments ?? {}).map(([name, environment]) => [
        name,
        environmentSettings(environment, (key, value) => placed(["environments", name, key], value)),
      ]),
    ),
    engine: placed(["engine"], section.engine),
    kafka: kafkaTexts(section.kafka ?? {}, {
      file: loaded.file,
      placed: (key, value) => placed(["kafka", key], value),
    }),
  };
}

const PATHS: ReadonlySet<KafkaKey> = new Set(["tls_ca", "sasl_password_file"]);

/** A file that is named in a file is looked for from there on, wherever the command is typed. */
function kafkaTexts(
  section: KafkaSection,
  { file, placed }: { readonly file: string; readonly placed: PlaceValue },
): KafkaTexts<Setting<string>> {
  const entries = KAFKA_KEYS.map((key): [KafkaKey, Setting<string> | undefined] => {
    const value = section[key];
    const text = typeof value === "boolean" ? String(value) : value;
    const isRelative = text !== undefined && PATHS.has(key) && !path.isAbsolute(text);
    return [key, placed(key, isRelative ? path.join(path.dirname(file), text) : text)];
  });
  return Object.fromEntries<Setting<string> | undefined>(entries);
}

type Environment = NonNullable<BrokerSection["environments"]>[string];
type PlaceValue = <T>(key: string, value: T | undefined) => Setting<T> | undefined;

function environmentSettings({ admin, inbox, ...rest }: Environment, placed: PlaceValue): FileEnvironment {
  return {
    admin: placed("admin", admin),
    inbox: placed("inbox", inbox),
    protected: placed("protected", rest.protected),
  };
}

function originOf({ file, yaml }: LoadedFile<unknown>, at: Path): string {
  return `${file}:${yaml.locate(at).line}`;
}

function isWithin(place: string, prefix: string): boolean {
  return place === prefix || place.startsWith(`${prefix}.`) || place.startsWith(`${prefix}[`);
}

function valueUnder(root: unknown, prefix: readonly string[]): unknown {
  return prefix.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null) return undefined;
    return Object.getOwnPropertyDescriptor(value, key)?.value;
  }, root);
}
