import type { BrokerReply } from "../../lib/api/broker.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { renderBroker } from "../../lib/cli/render-broker.ts";

export default class BrokerStatus extends BaseCommand {
  static override summary = "Show how the broker is doing.";
  static override description =
    "One look at the whole: engine, uptime, what waits, dead letters, disk. Exits with 3 when no broker answers.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --admin-url http://127.0.0.1:7171 --json",
  ];

  async run(): Promise<BrokerReply> {
    const { flags } = await this.parse(BrokerStatus);
    const broker = await (await this.admin(flags)).call("brokerStatus");
    this.print(renderBroker(broker, await this.paint()));
    return broker;
  }
}
