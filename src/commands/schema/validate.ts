import { Args, Flags } from "@oclif/core";
import type { SchemaCheckReply } from "../../lib/api/schema.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { readSchema } from "../../lib/cli/files.ts";
import { missing } from "../../lib/cli/flows/flow.ts";
import { readPayload } from "../../lib/cli/payload.ts";
import { inFile, problemLines, warningLines } from "../../lib/cli/schema-report.ts";
import { parsePayload } from "../../lib/domain/json.ts";

export default class SchemaValidate extends BaseCommand {
  static override summary = "Try a JSON Schema, or a payload against one; nothing is changed.";
  static override description =
    "With --schema alone the file is checked as creating a schema would, with its warnings. With --data or --file a payload is checked as publishing would, against that file or against the topic's schema: exit code 5 when it does not fit.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> --schema order.json",
    `<%= config.bin %> <%= command.id %> orders --data '{"orderId":"1"}'`,
    "<%= config.bin %> <%= command.id %> --schema order.json --file message.json",
  ];
  static override args = {
    topic: Args.string({ description: "Name of the topic whose schema is used.", ignoreStdin: true }),
  };
  static override flags = {
    schema: Flags.string({ description: "File with the JSON Schema.", helpValue: "<file>" }),
    data: Flags.string({ char: "d", description: "The payload itself.", helpValue: "<json>", exclusive: ["file"] }),
    file: Flags.string({ description: "File with the payload; - is stdin.", helpValue: "<file>" }),
    version: Flags.integer({
      description: "Version of the topic's schema (default: the newest).",
      min: 1,
      helpValue: "<version>",
      exclusive: ["schema"],
    }),
  };

  async run(): Promise<SchemaCheckReply> {
    const { args, flags } = await this.parse(SchemaValidate);
    const { schema: file, data, version } = flags;
    const hasPayload = data !== undefined || flags.file !== undefined;
    if (file !== undefined && args.topic !== undefined) throw missing(["either <topic> or --schema, not both"], USAGE);
    if (file === undefined && !hasPayload)
      throw missing([args.topic === undefined ? "--schema" : "--data or --file"], USAGE);
    const definition = file === undefined ? undefined : await readSchema(file);
    const payload = hasPayload ? await readPayload({ data, file: flags.file, stdin: process.stdin }) : undefined;
    // A payload that is no JSON is told with its place before anything is asked.
    if (payload !== undefined) parsePayload(payload);
    const topic = file === undefined ? await this.pickName("topic", args.topic, flags) : undefined;
    const body = {
      ...(topic === undefined ? {} : { topic }),
      ...(definition === undefined ? {} : { definition }),
      ...(version === undefined ? {} : { version }),
      ...(payload === undefined ? {} : { payload: new TextDecoder("utf-8", { ignoreBOM: true }).decode(payload) }),
    };
    const asked = (await this.admin(flags)).call("schemaCheck", { body });
    const checked = await (file === undefined ? asked : inFile(file, asked));
    const schema = file ?? `the schema of topic ${topic}, version ${checked.version}`;
    if (file !== undefined) for (const line of warningLines(checked.warnings, file)) this.note(line);
    if (checked.valid)
      this.print(payload === undefined ? `${schema} is a schema that is taken.` : `The payload fits ${schema}.`);
    else this.#refuse(checked, schema, flags.file);
    return checked;
  }

  #refuse({ problems }: SchemaCheckReply, schema: string, file: string | undefined): void {
    for (const line of problemLines(problems, file === "-" ? undefined : file)) this.note(line);
    this.failCheck([`the payload does not fit ${schema}`]);
  }
}

const USAGE = "kbroker schema validate <topic> --data <json>";
