import { type BrokerSection, brokerSection } from "./broker-section.ts";
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
}

export interface SettingsFlags {
  readonly "admin-url"?: string | undefined;
  readonly "inbox-url"?: string | undefined;
  readonly env?: string | undefined;
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
  const errors = errorsOf(loaded.problems).filter(({ path }) => path === "" || own === "" || isWithin(path, own));
  if (errors.length > 0) throw configInvalid(errors);
  const section = brokerSection.safeParse(valueUnder(loaded.yaml.value, prefix) ?? {}).data ?? {};
  const placed = <T>(path: Path, value: T | undefined): Setting<T> | undefined =>
    value === undefined ? undefined : { value, origin: originOf(loaded, [...prefix, ...path]) };
  return {
    file: loaded.file,
    environment: placed(["environment"], section.environment),
    environments: new Map(
      Object.entries(section.environments ?? {}).map(([name, environment]) => [
        name,
        environmentSettings(environment, (key, value) => placed(["environments", name, key], value)),
      ]),
    ),
  };
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

function originOf({ file, yaml }: LoadedFile<unknown>, path: Path): string {
  return `${file}:${yaml.locate(path).line}`;
}

function isWithin(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`);
}

function valueUnder(root: unknown, prefix: readonly string[]): unknown {
  return prefix.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null) return undefined;
    return Object.getOwnPropertyDescriptor(value, key)?.value;
  }, root);
}
