import { existsSync } from "node:fs";
import path from "node:path";
import { findKavak } from "./find-kavak.ts";
import { resolveSettings, type Settings } from "./settings.ts";
import type { SettingsSources } from "./settings-file.ts";

export interface SettingsPlace extends Pick<SettingsSources, "flags" | "env"> {
  readonly cwd: string;
  /** Where a container has its `.kavak`; for tests. */
  readonly containerDir?: string | undefined;
}

/** The settings of a process. Files are read, and the YAML parser is loaded, only where there is a file and it can decide something. */
export function loadSettings(place: SettingsPlace): Settings {
  let files: ReturnType<SettingsSources["files"]> | undefined;
  return resolveSettings({
    flags: place.flags,
    env: place.env,
    files: () => {
      files ??= readFiles(place);
      return files;
    },
  });
}

async function readFiles({ cwd, env, containerDir }: SettingsPlace) {
  const userFile = userConfigPath(env);
  const isUserFile = userFile !== undefined && existsSync(userFile);
  if (!isUserFile && findKavak(cwd, containerDir).dir === undefined) return [];
  const { readSettingsFiles } = await import("./settings-files.ts");
  return readSettingsFiles({ cwd, userFile: isUserFile ? userFile : undefined, containerDir });
}

/** XDG: a relative `XDG_CONFIG_HOME` is to be ignored. */
export function userConfigPath({ XDG_CONFIG_HOME: xdg, HOME: home }: SettingsSources["env"]): string | undefined {
  const base = xdg !== undefined && path.isAbsolute(xdg) ? xdg : home && path.join(home, ".config");
  return base ? path.join(base, "kbroker", "config.yaml") : undefined;
}
