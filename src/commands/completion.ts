import { Args } from "@oclif/core";
import { BaseCommand } from "../lib/cli/base-command.ts";
import { completionScript, SHELLS } from "../lib/cli/completion/scripts.ts";

export default class Completion extends BaseCommand {
  static override summary = "Print what makes a shell complete commands, flags, and names of topics and subscriptions.";
  static override description =
    "Put the line of the example into ~/.bashrc, or into ~/.zshrc behind compinit. Names are asked of the broker that the command line, the variables and the files name; one that does not answer within 300 ms has none.";
  static override examples = [
    { description: "In ~/.bashrc:", command: 'eval "$(<%= config.bin %> <%= command.id %> bash)"' },
    { description: "In ~/.zshrc, behind compinit:", command: 'eval "$(<%= config.bin %> <%= command.id %> zsh)"' },
  ];
  static override args = {
    shell: Args.string({ description: "Which shell.", options: [...SHELLS], required: true, ignoreStdin: true }),
  };

  async run(): Promise<{ readonly shell: string; readonly script: string }> {
    const { args } = await this.parse(Completion);
    const shell = SHELLS.find((one) => one === args.shell) ?? "bash";
    const script = completionScript(shell);
    this.print(script);
    return { shell, script };
  }
}
