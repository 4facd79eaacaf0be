import { Args, Flags } from "@oclif/core";
import type { TopicDescribeReply } from "../../lib/api/topic.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { placementColumns, renderTopic } from "../../lib/cli/render-topic.ts";

export default class TopicDescribe extends BaseCommand {
  static override summary = "Describe one topic.";
  static override description =
    "On Kafka it shows how the topic lies there; -o wide names the Kafka brokers of each partition.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders",
    "<%= config.bin %> <%= command.id %> orders -o wide",
    "<%= config.bin %> <%= command.id %> orders --json",
  ];
  static override args = { name: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    output: Flags.option({
      char: "o",
      options: ["wide", "json"] as const,
      description: "What else is printed: wide, the partitions in Kafka.",
      exclusive: ["json"],
    })(),
  };

  async run(): Promise<TopicDescribeReply> {
    const { args, flags } = await this.parse(TopicDescribe);
    const name = await this.pickName("topic", args.name, flags);
    const topic = await (await this.admin(flags)).call("topicDescribe", { name });
    const paint = await this.paint();
    this.print(renderTopic(topic, paint));
    if (flags.output === "wide" && topic.layout !== null) {
      const { tableText } = await import("../../lib/cli/table.ts");
      this.print(`\n${tableText(topic.layout.placement, placementColumns, paint)}`);
    }
    return topic;
  }
}
