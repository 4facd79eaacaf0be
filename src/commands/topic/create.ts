import { Args, Flags } from "@oclif/core";
import type { TopicCreateReply } from "../../lib/api/topic.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { readSchema, schemaFileProblem } from "../../lib/cli/files.ts";
import { namesOf } from "../../lib/cli/flows/pick.ts";
import { topicFlow, topicLine } from "../../lib/cli/flows/topic.ts";
import { afterTopic } from "../../lib/cli/next.ts";
import { inFile, warningLines } from "../../lib/cli/schema-report.ts";
import { formatDuration } from "../../lib/domain/duration.ts";

export default class TopicCreate extends ChangingCommand {
  static override summary = "Create a topic.";
  static override description =
    "Without a name it asks for everything. A private topic has at most 5 subscriptions; a public one as many as come, and needs a JSON Schema before its first message.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders",
    "<%= config.bin %> <%= command.id %> orders --public --schema order.json --ttl 3d",
    { description: "Ask for everything:", command: "<%= config.bin %> <%= command.id %>" },
  ];
  static override args = { name: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    public: Flags.boolean({ description: "Anybody may subscribe; a JSON Schema is required.", exclusive: ["private"] }),
    private: Flags.boolean({ description: "At most 5 subscriptions (the default)." }),
    schema: Flags.string({ description: "File with the topic's JSON Schema.", helpValue: "<file>" }),
    ttl: Flags.string({ description: "How long messages are kept: 1h to 7d (default: 7d).", helpValue: "<duration>" }),
  };

  async run(): Promise<TopicCreateReply> {
    const { args, flags } = await this.parse(TopicCreate);
    const admin = await this.admin(flags);
    const visibility = flags.public ? "public" : flags.private ? "private" : undefined;
    const { wish, asked } = await topicFlow(
      { name: args.name, visibility, ttl: flags.ttl, schemaFile: flags.schema },
      { ask: await this.prompter(flags), topicNames: () => namesOf("topic", admin), schemaFileProblem },
    );
    const { schemaFile, ttl, ...body } = wish;
    const schema = schemaFile === undefined ? {} : { schema: await readSchema(schemaFile) };
    const asking = admin.call("topicCreate", { body: { ...body, ...(ttl === undefined ? {} : { ttl }), ...schema } });
    const topic = await (schemaFile === undefined ? asking : inFile(schemaFile, asking));
    for (const line of warningLines(topic.warnings, schemaFile ?? "schema")) this.note(line);
    this.print(`Created ${topic.visibility} topic ${topic.name}; messages are kept ${formatDuration(topic.ttlMs)}.`);
    if (asked) this.same(topicLine(wish), flags);
    this.next(afterTopic(topic));
    return topic;
  }
}
