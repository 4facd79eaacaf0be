import { BaseCommand } from "../../lib/cli/base-command.ts";
import { renderValidation } from "../../lib/cli/render-config.ts";
import type { ValidateReport } from "../../lib/config/report.ts";

export default class ConfigValidate extends BaseCommand {
  static override summary = "Check the .kavak files.";
  static override description =
    "Finds .kavak between here and the root of the git repository and shows every problem at once, with its place and how to mend it. Commands that change something check the same and send nothing while there is an error. Exits with 2 when there is one; warnings do not count.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];

  async run(): Promise<ValidateReport> {
    await this.parse(ConfigValidate);
    const { validate } = await import("../../lib/config/report.ts");
    const { report, kavak } = validate(process.cwd());
    if (kavak.dir === undefined)
      this.note(`No .kavak between here and ${kavak.searchedTo}: nothing to check, and nothing that kbroker needs.`);
    else this.print(renderValidation(report, await this.paint()));
    if (!report.valid) process.exitCode = 2;
    return report;
  }
}
