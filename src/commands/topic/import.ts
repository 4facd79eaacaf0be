import { Args } from "@oclif/core";
import type { TopicCreateReply } from "../../lib/api/topic.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { readSchema, schemaFileProblem } from "../../lib/cli/files.ts";
import { topicImportBody, topicImportFlow, topicImportLine } from "../../lib/cli/flows/topic-import.ts";
import { afterTopic } from "../../lib/cli/next.ts";
import { layoutText } from "../../lib/cli/render-topic.ts";
import { inFile, warningLines } from "../../lib/cli/schema-report.ts";
import { topicFlags, visibilityOf } from "../../lib/cli/topic-flags.ts";
import { formatDuration } from "../../lib/domain/duration.ts";

export default class TopicImport extends ChangingCommand {
  static override summary = "Make a topic of one that Kafka has already.";
  static override description =
    "It gets its Kafka topic's name. Kafka's settings of it stay as they are, its retention too; messages older than --ttl are not delivered. Deleting the topic lets go of it, and Kafka keeps its messages. Without a name it asks which one.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> payments",
    "<%= config.bin %> <%= command.id %> payments --public --schema payment.json --ttl 2d",
    { description: "Choose from those that there are:", command: "<%= config.bin %> <%= command.id %>" },
  ];
  static override args = { name: Args.string({ description: "Name of the Kafka topic.", ignoreStdin: true }) };
  static override flags = topicFlags;

  async run(): Promise<TopicCreateReply> {
    const { args, flags } = await this.parse(TopicImport);
    const admin = await this.admin(flags);
    const { wish, asked } = await topicImportFlow(
      { name: args.name, visibility: visibilityOf(flags), ttl: flags.ttl, schemaFile: flags.schema },
      {
        ask: await this.prompter(flags),
        importable: async () => (await admin.call("topicImportList")).items,
        schemaFileProblem,
      },
    );
    const { schemaFile } = wish;
    const schema = schemaFile === undefined ? {} : { schema: await readSchema(schemaFile) };
    const asking = admin.call("topicImport", { body: { ...topicImportBody(wish), ...schema } });
    const topic = await (schemaFile === undefined ? asking : inFile(schemaFile, asking));
    for (const line of warningLines(topic.warnings, schemaFile ?? "schema")) this.note(line);
    const { name, visibility, layout, ttlMs } = topic;
    const lies = layout === null ? "" : `, ${layoutText(layout)}`;
    this.print(`Imported topic ${name} (${visibility}${lies}); messages are delivered for ${formatDuration(ttlMs)}.`);
    if (layout?.compacted === true) this.note("Kafka compacts it: whoever publishes to it gives each message a key.");
    if (asked) this.same(topicImportLine(wish), flags);
    this.next(afterTopic(topic));
    return topic;
  }
}
