import { Flags } from "@oclif/core";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { outputFlag } from "../../lib/cli/global-flags.ts";
import { settingView } from "../../lib/cli/render-config.ts";
import type { SettingsReport } from "../../lib/config/show.ts";

export default class ConfigShow extends BaseCommand {
  static override summary = "Show the settings in force, and with --origin what set them.";
  static override description =
    "A flag wins over a KBROKER_* variable, that over .kavak/config.yaml, that over your own configuration ($XDG_CONFIG_HOME/kbroker/config.yaml), that over the default. The token is never printed, only whether there is one.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> --origin",
    "<%= config.bin %> <%= command.id %> --env production --json",
  ];
  static override flags = {
    ...outputFlag,
    origin: Flags.boolean({ description: "Also show where each value comes from." }),
  };

  async run(): Promise<SettingsReport> {
    const { flags } = await this.parse(ConfigShow);
    const { showSettings } = await import("../../lib/config/show.ts");
    const { report, failures } = await showSettings(this.settings(flags));
    await this.printList(report, settingView(flags.origin), flags.output);
    for (const failure of failures) await this.reportFailure(failure);
    return report;
  }
}
