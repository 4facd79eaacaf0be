import { Args } from "@oclif/core";
import type { SchemaListReply } from "../../lib/api/schema.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { outputFlag } from "../../lib/cli/global-flags.ts";
import { schemaView } from "../../lib/cli/render-schema.ts";

export default class SchemaList extends BaseCommand {
  static override summary = "List the topics that have a schema, or the versions of one topic's schema.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    { description: "Every version, the newest first:", command: "<%= config.bin %> <%= command.id %> orders -o wide" },
  ];
  static override args = {
    topic: Args.string({ description: "Name of the topic whose versions are listed.", ignoreStdin: true }),
  };
  static override flags = outputFlag;

  async run(): Promise<SchemaListReply> {
    const { args, flags } = await this.parse(SchemaList);
    const query = args.topic === undefined ? {} : { topic: args.topic };
    const schemas = await (await this.admin(flags)).call("schemaList", { query });
    await this.printList(schemas, schemaView, flags.output);
    return schemas;
  }
}
