import { Args, Command, loadHelpClass } from "@oclif/core";

export default class Help extends Command {
  static override summary = "Show help for a command.";
  static override strict = false;
  static override args = { command: Args.string({ description: "Command to explain.", ignoreStdin: true }) };
  static override examples = ["<%= config.bin %> <%= command.id %> subscription lag"];

  async run(): Promise<void> {
    const words = (await this.parse(Help)).argv.map(String);
    const id = words.join(":");
    const isKnown = id === "" || [this.config.findCommand(id), this.config.findTopic(id)].some(Boolean);
    if (isKnown) await this.#show(words);
    else await this.config.runHook("command_not_found", { id, argv: ["--help"] });
  }

  async #show(words: string[]): Promise<void> {
    const HelpPrinter = await loadHelpClass(this.config);
    await new HelpPrinter(this.config, this.config.pjson.oclif.helpOptions).showHelp(words);
  }
}
