import { Args, Flags } from "@oclif/core";
import type { SchemaReply } from "../../lib/api/schema.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";

export default class SchemaDescribe extends BaseCommand {
  static override summary = "Show a topic's JSON Schema.";
  static override description =
    "The schema is printed as it was given, so that it can go into a file; what is said of it goes to stderr.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders",
    "<%= config.bin %> <%= command.id %> orders --json",
  ];
  static override args = { topic: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    version: Flags.integer({
      description: "An earlier version (default: the newest).",
      min: 1,
      helpValue: "<version>",
    }),
  };

  async run(): Promise<SchemaReply> {
    const { args, flags } = await this.parse(SchemaDescribe);
    const name = await this.pickName("topic", args.topic, flags);
    const query = flags.version === undefined ? {} : { version: String(flags.version) };
    const schema = await (await this.admin(flags)).call("schemaDescribe", { name, query });
    const { compatibility, forced } = schema;
    const how = compatibility === null ? "" : `, compared: ${compatibility}${forced ? ", forced" : ""}`;
    this.note(`Schema of topic ${schema.topic}, version ${schema.version}, created ${schema.createdAt}${how}`);
    this.print(schema.definition);
    return schema;
  }
}
