import type { SubscriptionReply } from "../../lib/api/subscription.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { subscriptionArg } from "../../lib/cli/subscription-arg.ts";

export default class SubscriptionResume extends ChangingCommand {
  static override summary = "Push to a paused subscription again.";
  static override description = "It goes on where it stopped. Resuming twice is fine.";
  static override examples = ["<%= config.bin %> <%= command.id %> billing"];
  static override args = subscriptionArg;

  async run(): Promise<SubscriptionReply> {
    const { args, flags } = await this.parse(SubscriptionResume);
    const name = await this.pickName("subscription", args.name, flags);
    const subscription = await (await this.admin(flags)).call("subscriptionResume", { name });
    this.print(`Subscription ${subscription.name} is active: pushes go on where they stopped.`);
    this.next(["subscription", "lag", subscription.name]);
    return subscription;
  }
}
