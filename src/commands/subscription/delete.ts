import { Flags } from "@oclif/core";
import type { SubscriptionDeleteReply } from "../../lib/api/subscription.ts";
import { confirmFlags, DestructiveCommand } from "../../lib/cli/destructive-command.ts";
import { subscriptionDeletion } from "../../lib/cli/render-deletion.ts";
import { subscriptionArg } from "../../lib/cli/subscription-arg.ts";

export default class SubscriptionDelete extends DestructiveCommand {
  static override summary = "Delete a subscription: nothing is pushed for it any more, and its position is forgotten.";
  static override description =
    "What is in flight finishes first. Its dead letters stay in <name>_errors unless --purge-errors deletes them, too.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> billing",
    "<%= config.bin %> <%= command.id %> billing --purge-errors --yes",
  ];
  static override args = subscriptionArg;
  static override flags = {
    "purge-errors": Flags.boolean({ description: "Delete its dead letter topic, too." }),
    ...confirmFlags,
  };

  async run(): Promise<SubscriptionDeleteReply> {
    const { args, flags } = await this.parse(SubscriptionDelete);
    const name = await this.pickName("subscription", args.name, flags);
    const admin = await this.admin(flags);
    const purgeErrors = flags["purge-errors"] ? "true" : "false";
    const plan = await admin.call("subscriptionDelete", { name, query: { purgeErrors, dryRun: "true" } });
    const line = ["kbroker", "subscription", "delete", name, ...(flags["purge-errors"] ? ["--purge-errors"] : [])];
    const question = `Delete subscription ${name}?`;
    await this.confirm({ name, does: subscriptionDeletion(plan), question }, line, flags);
    const deleted = await admin.call("subscriptionDelete", { name, query: { purgeErrors } });
    this.print(`Deleted subscription ${name}.`);
    if (deleted.deadLetters > 0 && !deleted.errorsPurged) this.next(["topic", "delete", deleted.deadLetterTopic]);
    return deleted;
  }
}
