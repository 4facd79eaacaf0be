import type { ConnectorReply } from "../../lib/api/connector.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { connectorArg } from "../../lib/cli/connector-arg.ts";

export default class ConnectorResume extends ChangingCommand {
  static override summary = "Read on where a paused or failed connector stopped.";
  static override description =
    "What changed meanwhile comes, in its order. One that failed is tried anew. Resuming twice is fine.";
  static override examples = ["<%= config.bin %> <%= command.id %> shop"];
  static override args = connectorArg;

  async run(): Promise<ConnectorReply> {
    const { args, flags } = await this.parse(ConnectorResume);
    const name = await this.pickName("connector", args.name, flags);
    const connector = await (await this.admin(flags)).call("connectorResume", { name });
    this.print(`Connector ${name} is active: it reads on where it stopped.`);
    this.next(["connector", "describe", name, "--watch"]);
    return connector;
  }
}
