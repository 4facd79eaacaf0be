import { Args, Flags } from "@oclif/core";
import type { TopicUpdateReply } from "../../lib/api/topic.ts";
import { confirmFlags, DestructiveCommand } from "../../lib/cli/destructive-command.ts";
import { topicUpdateAct, topicUpdateBody, topicUpdateFlow, topicUpdateLine } from "../../lib/cli/flows/topic-update.ts";
import { renderChanges } from "../../lib/cli/render-changes.ts";
import { visibilityOf } from "../../lib/cli/topic-flags.ts";
import { PARTITIONS_MAX } from "../../lib/domain/layout.ts";

export default class TopicUpdate extends DestructiveCommand {
  static override summary =
    "Change how long a topic keeps its messages, who may subscribe, and how many partitions it has in Kafka.";
  static override description =
    "A shorter time to live holds for the messages that are there, too; when that would remove some, it is asked first. A topic becomes public only with a JSON Schema, and private only with at most 5 subscriptions. Partitions are only ever added; which one a key goes to changes with it, so that is asked first, too. Without a flag it asks what to change.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders --ttl 3d",
    "<%= config.bin %> <%= command.id %> orders --public",
    "<%= config.bin %> <%= command.id %> orders --partitions 24 --yes",
  ];
  static override args = { name: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    ttl: Flags.string({ description: "How long messages are kept: 1h to 7d.", helpValue: "<duration>" }),
    public: Flags.boolean({ description: "Anybody may subscribe; needs a JSON Schema.", exclusive: ["private"] }),
    private: Flags.boolean({ description: "At most 5 subscriptions." }),
    partitions: Flags.integer({
      description: `On Kafka: how many partitions it has from now on, up to ${PARTITIONS_MAX}; never fewer than now.`,
      min: 1,
      max: PARTITIONS_MAX,
      helpValue: "<count>",
    }),
    ...confirmFlags,
  };

  async run(): Promise<TopicUpdateReply> {
    const { args, flags } = await this.parse(TopicUpdate);
    const name = await this.pickName("topic", args.name, flags);
    const given = { ttl: flags.ttl, visibility: visibilityOf(flags), partitions: flags.partitions };
    const { wish, asked } = await topicUpdateFlow(name, given, await this.prompter(flags));
    if (asked) this.picked();
    const body = topicUpdateBody(wish);
    const admin = await this.admin(flags);
    const plan = await admin.call("topicUpdate", { name, body: { ...body, dryRun: true } });
    await this.confirm(topicUpdateAct(name, plan), topicUpdateLine(name, wish), flags);
    const topic = await admin.call("topicUpdate", { name, body });
    this.print(renderChanges(`topic ${name}`, topic.changes, await this.paint()));
    return topic;
  }
}
