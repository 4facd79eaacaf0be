import type { NodeListReply } from "../../lib/api/node.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { outputFlag } from "../../lib/cli/global-flags.ts";
import { nodeView } from "../../lib/cli/node-view.ts";

export default class BrokerNodes extends BaseCommand {
  static override summary = "List the nodes that work on one storage, and what each of them owns.";
  static override description =
    "Each subscription, connector and schedule has one owner at a time; so have the changes of topics and subscriptions (control). Any node answers any command. A broker that is alone names itself.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> -o wide",
    "<%= config.bin %> <%= command.id %> --json",
  ];
  static override flags = outputFlag;

  async run(): Promise<NodeListReply> {
    const { flags } = await this.parse(BrokerNodes);
    const nodes = await (await this.admin(flags)).call("nodeList");
    await this.printList(nodes, nodeView, flags.output);
    return nodes;
  }
}
