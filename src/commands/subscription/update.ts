import { Flags } from "@oclif/core";
import type { SubscriptionUpdateReply } from "../../lib/api/subscription.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import {
  subscriptionUpdateBody,
  subscriptionUpdateFlow,
  subscriptionUpdateLine,
} from "../../lib/cli/flows/subscription-update.ts";
import { renderChanges } from "../../lib/cli/render-changes.ts";
import { subscriptionArg } from "../../lib/cli/subscription-arg.ts";

export default class SubscriptionUpdate extends ChangingCommand {
  static override summary = "Change the settings of a subscription, from the next push on.";
  static override description =
    "Its position, its parked messages and its dead letters stay. What is in flight ends as it began, and counts. Without a flag it asks what to change.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> billing --endpoint http://127.0.0.1:9001/events",
    "<%= config.bin %> <%= command.id %> billing --retry-delays 1s,5s,30s --timeout 10s",
    {
      description: "The default delays again:",
      command: "<%= config.bin %> <%= command.id %> billing --retry-delays default",
    },
  ];
  static override args = subscriptionArg;
  static override flags = {
    endpoint: Flags.string({ description: "Address that events are POSTed to.", helpValue: "<url>" }),
    "retry-delays": Flags.string({
      description: "Delay after each strike; `default`: 10 strikes, 5s doubling to 5m.",
      helpValue: "<1s,5s,…|default>",
    }),
    timeout: Flags.string({ description: "How long an answer may take: 1s to 120s.", helpValue: "<duration>" }),
    "max-in-flight": Flags.integer({
      description: "Messages pushed at once, at most: 1 to 1000.",
      min: 1,
      max: 1_000,
      helpValue: "<count>",
    }),
    "permanent-status": Flags.string({
      description: "Statuses that are final; `none`: none.",
      helpValue: "<400,422,…|none>",
    }),
    "on-rejecting": Flags.option({
      description: "While the endpoint refuses whatever it gets for good: hold its messages, or give each up.",
      options: ["hold", "dead-letter"] as const,
    })(),
  };

  #picked: boolean = false;

  async run(): Promise<SubscriptionUpdateReply> {
    const { args, flags } = await this.parse(SubscriptionUpdate);
    const { endpoint, timeout } = flags;
    const given = {
      ...{ endpoint, timeout, retryDelays: flags["retry-delays"], maxInFlight: flags["max-in-flight"] },
      ...{ permanentStatus: flags["permanent-status"], onRejecting: flags["on-rejecting"] },
    };
    const name = await this.pickName("subscription", args.name, flags);
    const admin = await this.admin(flags);
    const { wish, asked } = await subscriptionUpdateFlow(given, {
      name,
      ask: await this.prompter(flags),
      checkEndpoint: (url) => admin.call("endpointCheck", { body: { endpoint: url } }),
    });
    const subscription = await admin.call("subscriptionUpdate", { name, body: subscriptionUpdateBody(wish) });
    this.print(renderChanges(`subscription ${name}`, subscription.changes, await this.paint()));
    if (asked || this.#picked) this.same(subscriptionUpdateLine(name, wish), flags);
    return subscription;
  }

  /** The line that says the same is printed once, whole. */
  protected override picked(): void {
    this.#picked = true;
  }
}
