import { Args } from "@oclif/core";
import type { TopicReply } from "../../lib/api/topic.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { renderTopic } from "../../lib/cli/render-topic.ts";

export default class TopicDescribe extends BaseCommand {
  static override summary = "Describe one topic.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders",
    "<%= config.bin %> <%= command.id %> orders --json",
  ];
  static override args = { name: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };

  async run(): Promise<TopicReply> {
    const { args, flags } = await this.parse(TopicDescribe);
    const name = await this.pickName("topic", args.name, flags);
    const topic = await (await this.admin(flags)).call("topicDescribe", { name });
    this.print(renderTopic(topic, await this.paint()));
    return topic;
  }
}
