import { Args, Flags } from "@oclif/core";
import type { SchemaReply } from "../../lib/api/schema.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { readSchema, schemaFileProblem } from "../../lib/cli/files.ts";
import { schemaFlow, schemaLine } from "../../lib/cli/flows/schema.ts";

export default class SchemaCreate extends ChangingCommand {
  static override summary = "Give a topic its JSON Schema.";
  static override description =
    "From then on only messages that fit are taken. JSON Schema 2020-12, without $ref. Without arguments it asks.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders --file order.json",
    { description: "Ask for everything:", command: "<%= config.bin %> <%= command.id %>" },
  ];
  static override args = { topic: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    file: Flags.string({ description: "File with the JSON Schema.", helpValue: "<file>" }),
  };

  async run(): Promise<SchemaReply> {
    const { args, flags } = await this.parse(SchemaCreate);
    const admin = await this.admin(flags);
    const { wish, asked } = await schemaFlow(
      { topic: args.topic, file: flags.file },
      {
        ask: await this.prompter(flags),
        topics: async () => (await admin.call("topicList")).items,
        schemaFileProblem,
      },
    );
    const definition = await readSchema(wish.file);
    const schema = await admin.call("schemaCreate", { name: wish.topic, body: { definition } });
    this.print(`Topic ${schema.topic} has a schema now, version ${schema.version}.`);
    if (asked) this.same(schemaLine(wish), flags);
    this.next(["message", "publish", schema.topic, "--file", "message.json"]);
    return schema;
  }
}
