import { brokerSection, brokerSectionKeys } from "./broker-section.ts";
import { readKavakConfig } from "./kavak.ts";
import { loadFile } from "./load-file.ts";
import { type SettingsFile, settingsFile } from "./settings-file.ts";

export interface SettingsPaths {
  readonly cwd: string;
  readonly userFile: string | undefined;
  readonly containerDir: string | undefined;
}

/** The files that hold settings, nearest first. Fails with `config_invalid` where one of them cannot be trusted. */
export function readSettingsFiles({ cwd, userFile, containerDir }: SettingsPaths): readonly SettingsFile[] {
  const kavak = readKavakConfig(cwd, containerDir);
  const user =
    userFile === undefined
      ? undefined
      : loadFile(userFile, (file) => file, { schema: brokerSection, known: brokerSectionKeys([]) });
  return [...(kavak ? [settingsFile(kavak, ["kbroker"])] : []), ...(user ? [settingsFile(user, [])] : [])];
}
