import { Args, Flags } from "@oclif/core";
import type { SchemaDiffReply } from "../../lib/api/schema.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { readSchema } from "../../lib/cli/files.ts";
import { diffText } from "../../lib/cli/render-schema.ts";
import { inFile } from "../../lib/cli/schema-report.ts";

export default class SchemaDiff extends BaseCommand {
  static override summary =
    "Show what changed between two versions of a schema, and which way each change is compatible.";
  static override description =
    "Without flags: the newest version and the one before. With --schema: a file and the newest version. Each change is judged as if it were the only one; the last line is about all of them together.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders",
    "<%= config.bin %> <%= command.id %> orders --schema order.json",
    "<%= config.bin %> <%= command.id %> orders --from 1 --to 3 --json",
  ];
  static override args = { topic: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    schema: Flags.string({
      description: "File with a JSON Schema to compare with.",
      helpValue: "<file>",
      exclusive: ["to"],
    }),
    from: Flags.integer({ description: "The older version.", min: 1, helpValue: "<version>" }),
    to: Flags.integer({ description: "The newer version (default: the newest).", min: 1, helpValue: "<version>" }),
  };

  async run(): Promise<SchemaDiffReply> {
    const { args, flags } = await this.parse(SchemaDiff);
    const name = await this.pickName("topic", args.topic, flags);
    const { schema: file, from, to } = flags;
    const body = {
      ...(file === undefined ? {} : { definition: await readSchema(file) }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    };
    const asked = (await this.admin(flags)).call("schemaDiff", { name, body });
    const diff = await (file === undefined ? asked : inFile(file, asked));
    this.print(diffText(diff, file, await this.paint()));
    return diff;
  }
}
