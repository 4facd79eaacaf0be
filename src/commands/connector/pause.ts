import type { ConnectorReply } from "../../lib/api/connector.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { connectorArg } from "../../lib/cli/connector-arg.ts";

export default class ConnectorPause extends ChangingCommand {
  static override summary = "Stop reading from a database; it keeps what changes meanwhile.";
  static override description =
    "The database keeps its WAL from here on, so its disk fills while the connector is paused. Nothing is lost. Pausing twice is fine.";
  static override examples = ["<%= config.bin %> <%= command.id %> shop"];
  static override args = connectorArg;

  async run(): Promise<ConnectorReply> {
    const { args, flags } = await this.parse(ConnectorPause);
    const name = await this.pickName("connector", args.name, flags);
    const connector = await (await this.admin(flags)).call("connectorPause", { name });
    this.print(`Connector ${name} is paused: the database keeps what changes, and its WAL grows until it is resumed.`);
    this.next(["connector", "resume", name]);
    return connector;
  }
}
