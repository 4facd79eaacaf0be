import { Args, Flags, type Interfaces } from "@oclif/core";
import type { SubscriptionReply } from "../../lib/api/subscription.ts";
import { confirmFlags, DestructiveCommand } from "../../lib/cli/destructive-command.ts";
import { chooseErrors, lettersIn, purgeAct } from "../../lib/cli/flows/errors-left.ts";
import { namesOf } from "../../lib/cli/flows/pick.ts";
import { subscriptionFlow } from "../../lib/cli/flows/subscription.ts";
import { type SubscriptionWish, subscriptionBody, subscriptionLine } from "../../lib/cli/flows/subscription-wish.ts";

export default class SubscriptionCreate extends DestructiveCommand {
  static override summary = "Create a subscription: an endpoint that is pushed every message of a topic.";
  static override description =
    "Without arguments it asks for everything. It starts after the newest message unless --from says otherwise. A delivery that fails is tried again; when its strikes are spent it goes to <name>_errors, or to --dead-letter-topic. Where a deleted subscription left dead letters there, it asks what shall become of them.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> billing --topic orders --endpoint http://127.0.0.1:9000/events",
    "<%= config.bin %> <%= command.id %> billing --topic orders --endpoint http://127.0.0.1:9000/events --from beginning --retry-delays 1s,5s,30s",
    { description: "Ask for everything:", command: "<%= config.bin %> <%= command.id %>" },
  ];
  static override args = { name: Args.string({ description: "Name of the subscription.", ignoreStdin: true }) };
  static override flags = {
    topic: Flags.string({ description: "Topic to read.", helpValue: "<name>" }),
    endpoint: Flags.string({ description: "Address that events are POSTed to.", helpValue: "<url>" }),
    from: Flags.string({
      description: "Where to start: latest (the default), beginning, a time, or how long ago.",
      helpValue: "<latest|beginning|time|2h>",
    }),
    "retry-delays": Flags.string({
      description: "Delay after each strike; one more strike than delays (default: 10 strikes, 5s doubling to 5m).",
      helpValue: "<1s,5s,…>",
    }),
    timeout: Flags.string({
      description: "How long an answer may take: 1s to 120s (default: 30s).",
      helpValue: "<duration>",
    }),
    "max-in-flight": Flags.integer({
      description: "Messages pushed at once, at most: 1 to 1000 (default: 100).",
      min: 1,
      max: 1_000,
      helpValue: "<count>",
    }),
    "permanent-status": Flags.string({
      description: "Statuses that are final: the message is a dead letter at once (default: none).",
      helpValue: "<400,422,…>",
    }),
    "on-rejecting": Flags.option({
      description:
        "While the endpoint refuses whatever it gets for good: hold its messages (the default), or give each up.",
      options: ["hold", "dead-letter"] as const,
    })(),
    "dead-letter-topic": Flags.string({
      description: "Topic for its dead letters, which others may share; ends with _errors (default: <name>_errors).",
      helpValue: "<name>",
    }),
    "keep-errors": Flags.boolean({
      description: "Take over the dead letters that a deleted subscription left there.",
      exclusive: ["purge-errors"],
    }),
    "purge-errors": Flags.boolean({ description: "Remove the dead letters that a deleted subscription left there." }),
    ...confirmFlags,
  };

  protected override readonly face = "offers";

  async run(): Promise<SubscriptionReply> {
    const { args, flags } = await this.parse(SubscriptionCreate);
    const { topic, endpoint, from, timeout } = flags;
    const admin = await this.admin(flags);
    const { wish, asked } = await subscriptionFlow(
      {
        ...args,
        topic,
        endpoint,
        from,
        timeout,
        retryDelays: flags["retry-delays"],
        maxInFlight: flags["max-in-flight"],
        permanentStatus: flags["permanent-status"],
        onRejecting: flags["on-rejecting"],
        deadLetterTopic: flags["dead-letter-topic"],
        errors: flags["keep-errors"] ? "keep" : flags["purge-errors"] ? "purge" : undefined,
      },
      {
        ask: await this.prompter(flags),
        topics: async () => (await admin.call("topicList")).items,
        subscriptionNames: () => namesOf("subscription", admin),
        checkEndpoint: (url) => admin.call("endpointCheck", { body: { endpoint: url } }),
      },
    );
    if (asked) this.picked();
    const subscription = await this.#create(wish, flags);
    this.print(
      `Created subscription ${subscription.name}: ${subscription.topic} is pushed to ${subscription.endpoint}.`,
    );
    this.next(["subscription", "lag", subscription.name]);
    return subscription;
  }

  /** Asks about dead letters that are there already, if nothing was said of them. */
  async #create(wish: SubscriptionWish, flags: CreateFlags): Promise<SubscriptionReply> {
    const admin = await this.admin(flags);
    const line = subscriptionLine(wish);
    const purged = wish.errors === "purge" ? await lettersIn(admin, wish) : 0;
    if (purged > 0) await this.confirm(purgeAct(wish, purged), line, flags);
    try {
      const subscription = await admin.call("subscriptionCreate", { body: subscriptionBody(wish) });
      if (purged === 0) await this.confirm(undefined, line, flags);
      return subscription;
    } catch (error) {
      const ask = this.jsonEnabled() ? undefined : await this.prompter(flags);
      const errors = await chooseErrors(error, { ask, line: [...line, ...this.where(flags)] });
      this.picked();
      return this.#create({ ...wish, errors }, flags);
    }
  }
}

type CreateFlags = Interfaces.InferredFlags<typeof SubscriptionCreate.flags & typeof SubscriptionCreate.baseFlags>;
