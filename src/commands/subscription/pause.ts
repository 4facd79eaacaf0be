import type { SubscriptionReply } from "../../lib/api/subscription.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { subscriptionArg } from "../../lib/cli/subscription-arg.ts";

export default class SubscriptionPause extends ChangingCommand {
  static override summary = "Stop pushing to a subscription; what is published meanwhile waits.";
  static override description =
    "Answers when the state is durable: no push starts afterwards. What is in flight finishes and counts. Pausing twice is fine.";
  static override examples = ["<%= config.bin %> <%= command.id %> billing"];
  static override args = subscriptionArg;

  async run(): Promise<SubscriptionReply> {
    const { args, flags } = await this.parse(SubscriptionPause);
    const name = await this.pickName("subscription", args.name, flags);
    const subscription = await (await this.admin(flags)).call("subscriptionPause", { name });
    this.print(`Subscription ${subscription.name} is paused: no push starts any more, what is published waits.`);
    this.next(["subscription", "resume", subscription.name]);
    return subscription;
  }
}
