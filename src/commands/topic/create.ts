import { Args } from "@oclif/core";
import type { TopicCreateReply } from "../../lib/api/topic.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { readSchema, schemaFileProblem } from "../../lib/cli/files.ts";
import { namesOf } from "../../lib/cli/flows/pick.ts";
import { topicBody, topicFlow, topicLine } from "../../lib/cli/flows/topic.ts";
import { layoutFlags, parseConfigs } from "../../lib/cli/layout-flags.ts";
import { afterTopic } from "../../lib/cli/next.ts";
import { layoutText } from "../../lib/cli/render-topic.ts";
import { inFile, warningLines } from "../../lib/cli/schema-report.ts";
import { topicFlags, visibilityOf } from "../../lib/cli/topic-flags.ts";
import { formatDuration } from "../../lib/domain/duration.ts";

export default class TopicCreate extends ChangingCommand {
  static override summary = "Create a topic.";
  static override description =
    "Without a name it asks for everything. A private topic has at most 5 subscriptions; a public one as many as come, and needs a JSON Schema before its first message. On Kafka, how it lies there can be said, too; the rest is as the cluster has it.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders",
    "<%= config.bin %> <%= command.id %> orders --public --schema order.json --ttl 3d",
    "<%= config.bin %> <%= command.id %> orders --partitions 12 --replication-factor 3 --config min.insync.replicas=2",
    { description: "Ask for everything:", command: "<%= config.bin %> <%= command.id %>" },
  ];
  static override args = { name: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = { ...topicFlags, ...layoutFlags };

  async run(): Promise<TopicCreateReply> {
    const { args, flags } = await this.parse(TopicCreate);
    const { ttl: keptFor, schema: file, partitions, config = [] } = flags;
    const layout = { partitions, replicationFactor: flags["replication-factor"], configs: parseConfigs(config) };
    const admin = await this.admin(flags);
    const { wish, asked } = await topicFlow(
      { name: args.name, visibility: visibilityOf(flags), ttl: keptFor, schemaFile: file, layout },
      { ask: await this.prompter(flags), topicNames: () => namesOf("topic", admin), schemaFileProblem },
    );
    const { schemaFile } = wish;
    const schema = schemaFile === undefined ? {} : { schema: await readSchema(schemaFile) };
    const asking = admin.call("topicCreate", { body: { ...topicBody(wish), ...schema } });
    const topic = await (schemaFile === undefined ? asking : inFile(schemaFile, asking));
    for (const line of warningLines(topic.warnings, schemaFile ?? "schema")) this.note(line);
    const lies = topic.layout === null ? "" : `, in ${layoutText(topic.layout)}`;
    this.print(
      `Created ${topic.visibility} topic ${topic.name}${lies}; messages are kept ${formatDuration(topic.ttlMs)}.`,
    );
    if (asked) this.same(topicLine(wish), flags);
    this.next(afterTopic(topic));
    return topic;
  }
}
