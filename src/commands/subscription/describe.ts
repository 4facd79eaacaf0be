import type { SubscriptionReply } from "../../lib/api/subscription.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { renderSubscription } from "../../lib/cli/render-subscription.ts";
import { subscriptionArg } from "../../lib/cli/subscription-arg.ts";

export default class SubscriptionDescribe extends BaseCommand {
  static override summary = "Describe one subscription.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> billing",
    "<%= config.bin %> <%= command.id %> billing --json",
  ];
  static override args = subscriptionArg;

  async run(): Promise<SubscriptionReply> {
    const { args, flags } = await this.parse(SubscriptionDescribe);
    const name = await this.pickName("subscription", args.name, flags);
    const subscription = await (await this.admin(flags)).call("subscriptionDescribe", { name });
    this.print(renderSubscription(subscription, await this.paint()));
    return subscription;
  }
}
