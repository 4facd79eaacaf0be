import { Args, Flags } from "@oclif/core";
import type { TopicUpdateReply } from "../../lib/api/topic.ts";
import { confirmFlags, DestructiveCommand } from "../../lib/cli/destructive-command.ts";
import { plural } from "../../lib/cli/fields.ts";
import { topicUpdateFlow, topicUpdateLine } from "../../lib/cli/flows/topic-update.ts";
import { renderChanges } from "../../lib/cli/render-changes.ts";

export default class TopicUpdate extends DestructiveCommand {
  static override summary = "Change how long a topic keeps its messages, and who may subscribe.";
  static override description =
    "A shorter time to live holds for the messages that are there, too; when that would remove some, it is asked first. A topic becomes public only with a JSON Schema, and private only with at most 5 subscriptions. Without a flag it asks what to change.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders --ttl 3d",
    "<%= config.bin %> <%= command.id %> orders --public",
  ];
  static override args = { name: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    ttl: Flags.string({ description: "How long messages are kept: 1h to 7d.", helpValue: "<duration>" }),
    public: Flags.boolean({ description: "Anybody may subscribe; needs a JSON Schema.", exclusive: ["private"] }),
    private: Flags.boolean({ description: "At most 5 subscriptions." }),
    ...confirmFlags,
  };

  async run(): Promise<TopicUpdateReply> {
    const { args, flags } = await this.parse(TopicUpdate);
    const name = await this.pickName("topic", args.name, flags);
    const visibility = flags.public ? "public" : flags.private ? "private" : undefined;
    const { wish, asked } = await topicUpdateFlow(name, { ttl: flags.ttl, visibility }, await this.prompter(flags));
    if (asked) this.picked();
    const { ttl } = wish;
    const body = {
      ...(ttl === undefined ? {} : { ttl }),
      ...(wish.visibility === undefined ? {} : { visibility: wish.visibility }),
    };
    const admin = await this.admin(flags);
    const { expires } = await admin.call("topicUpdate", { name, body: { ...body, dryRun: true } });
    const act = {
      name,
      does: [`Removes ${plural(expires, "message")} of topic ${name} for good: older than ${ttl}.`],
      question: `Keep messages of ${name} for ${ttl} only?`,
    };
    await this.confirm(expires === 0 ? undefined : act, topicUpdateLine(name, wish), flags);
    const topic = await admin.call("topicUpdate", { name, body });
    this.print(renderChanges(`topic ${name}`, topic.changes, await this.paint()));
    return topic;
  }
}
