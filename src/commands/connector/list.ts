import type { RouteReply } from "../../lib/api/routes.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { outputFlag } from "../../lib/cli/global-flags.ts";
import { connectorView } from "../../lib/cli/views.ts";

export default class ConnectorList extends BaseCommand {
  static override summary = "List connectors, with how far each is behind its database.";
  static override description =
    "LAG is what the database has written and is not in the topics yet; TIME is how old that is.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> -o wide",
    "<%= config.bin %> <%= command.id %> --json",
  ];
  static override flags = outputFlag;

  async run(): Promise<RouteReply<"connectorList">> {
    const { flags } = await this.parse(ConnectorList);
    const connectors = await (await this.admin(flags)).call("connectorList");
    await this.printList(connectors, connectorView, flags.output);
    return connectors;
  }
}
