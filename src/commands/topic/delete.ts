import { Args, Flags } from "@oclif/core";
import type { TopicDeleteReply } from "../../lib/api/topic.ts";
import { confirmFlags, DestructiveCommand } from "../../lib/cli/destructive-command.ts";
import { topicDeletion } from "../../lib/cli/render-deletion.ts";

export default class TopicDelete extends DestructiveCommand {
  static override summary =
    "Delete a topic and all that belongs to it for good: messages, schema, and with --cascade its subscriptions.";
  static override description =
    "A topic with subscriptions is refused unless --cascade deletes them, too. Dead letter topics stay unless --purge-errors says otherwise. A topic created under the same name later is another one. An imported topic is only let go of: Kafka keeps it and its messages.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders",
    "<%= config.bin %> <%= command.id %> orders --cascade --yes",
  ];
  static override args = { name: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    cascade: Flags.boolean({ description: "Delete its subscriptions, too." }),
    "purge-errors": Flags.boolean({
      description: "Delete the dead letter topics of its subscriptions, too.",
      dependsOn: ["cascade"],
    }),
    ...confirmFlags,
  };

  async run(): Promise<TopicDeleteReply> {
    const { args, flags } = await this.parse(TopicDelete);
    const name = await this.pickName("topic", args.name, flags);
    const admin = await this.admin(flags);
    const query = {
      cascade: flags.cascade ? "true" : "false",
      purgeErrors: flags["purge-errors"] ? "true" : "false",
    } as const;
    const plan = await admin.call("topicDelete", { name, query: { ...query, dryRun: "true" } });
    const line = ["kbroker", "topic", "delete", name];
    if (flags.cascade) line.push("--cascade");
    if (flags["purge-errors"]) line.push("--purge-errors");
    await this.confirm({ name, does: topicDeletion(plan), question: `Delete topic ${name}?` }, line, flags);
    const deleted = await admin.call("topicDelete", { name, query });
    const also = deleted.subscriptions.map((subscription) => subscription.name).join(", ");
    const kept = deleted.imported ? " The Kafka topic is there as it was." : "";
    this.print(`Deleted topic ${name}${also === "" ? "" : `, with ${also}`}.${kept}`);
    return deleted;
  }
}
