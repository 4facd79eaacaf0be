import type { SubscriptionListReply } from "../../lib/api/subscription.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { outputFlag } from "../../lib/cli/global-flags.ts";
import { subscriptionView } from "../../lib/cli/views.ts";

export default class SubscriptionList extends BaseCommand {
  static override summary = "List subscriptions, with how far each is behind.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> -o wide",
    "<%= config.bin %> <%= command.id %> --json",
  ];
  static override flags = outputFlag;

  async run(): Promise<SubscriptionListReply> {
    const { flags } = await this.parse(SubscriptionList);
    const subscriptions = await (await this.admin(flags)).call("subscriptionList");
    await this.printList(subscriptions, subscriptionView, flags.output);
    return subscriptions;
  }
}
