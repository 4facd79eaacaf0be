import { Args, Command, loadHelpClass } from "@oclif/core";

export default class Help extends Command {
  static override summary = "Show help for a command.";
  static override strict = false;
  static override args = { command: Args.string({ description: "Command to explain.", ignoreStdin: true }) };
  static override examples = ["<%= config.bin %> <%= command.id %> subscription lag"];

  async run(): Promise<void> {
    const { argv } = await this.parse(Help);
    const HelpPrinter = await loadHelpClass(this.config);
    await new HelpPrinter(this.config, this.config.pjson.oclif.helpOptions).showHelp(argv.map(String));
  }
}
