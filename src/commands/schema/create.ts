import { Args, Flags, type Interfaces } from "@oclif/core";
import type { SchemaCreateReply } from "../../lib/api/schema.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { readSchema, schemaFileProblem } from "../../lib/cli/files.ts";
import { missing } from "../../lib/cli/flows/flow.ts";
import { chooseTopic, schemaFlow, schemaLine } from "../../lib/cli/flows/schema.ts";
import { editedSchema } from "../../lib/cli/flows/schema-draft.ts";
import { inFile, warningLines } from "../../lib/cli/schema-report.ts";

export default class SchemaCreate extends ChangingCommand {
  static override summary = "Give a topic its JSON Schema.";
  static override description =
    "From then on only messages that fit are taken. JSON Schema 2020-12 or draft-07, without $ref. Without arguments it asks. With --infer a draft is made from sample messages and opened in $VISUAL or $EDITOR; what is saved there is used, and an empty file stops it.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders --file order.json",
    { description: "Ask for everything:", command: "<%= config.bin %> <%= command.id %>" },
    "<%= config.bin %> <%= command.id %> orders --infer sample.json",
    "<%= config.bin %> <%= command.id %> --infer samples.ndjson --print",
  ];
  static override args = { topic: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    file: Flags.string({
      description: "File with the JSON Schema.",
      helpValue: "<file>",
      aliases: ["schema"],
      exclusive: ["infer"],
    }),
    infer: Flags.string({
      description: "File with a sample message, or one a line: drafts the schema. May be repeated.",
      helpValue: "<file>",
      multiple: true,
      multipleNonGreedy: true,
    }),
    "no-edit": Flags.boolean({ description: "Use the draft as it is.", dependsOn: ["infer"], exclusive: ["print"] }),
    print: Flags.boolean({ description: "Print the draft, and create nothing.", dependsOn: ["infer"] }),
  };

  async run(): Promise<SchemaCreateReply | { definition: string }> {
    const { args, flags } = await this.parse(SchemaCreate);
    if (flags.infer !== undefined) return this.#infer(args.topic, flags.infer, flags);
    const admin = await this.admin(flags);
    const { wish, asked } = await schemaFlow(
      { topic: args.topic, file: flags.file },
      {
        ask: await this.prompter(flags),
        topics: async () => (await admin.call("topicList")).items,
        schemaFileProblem,
      },
    );
    const schema = await this.#create(wish.topic, await readSchema(wish.file), wish.file, flags);
    if (asked) this.same(schemaLine(wish), flags);
    this.next(["message", "publish", schema.topic, "--file", "message.json"]);
    return schema;
  }

  async #infer(given: string | undefined, files: readonly string[], flags: CreateFlags) {
    const { draftFrom } = await import("../../lib/cli/samples.ts");
    const draft = await draftFrom(files);
    if (flags.print) {
      this.print(draft);
      return { definition: draft };
    }
    const ask = await this.prompter(flags);
    const line = [
      "kbroker",
      "schema",
      "create",
      given ?? "<topic>",
      ...files.flatMap((file) => ["--infer", file]),
      "--no-edit",
    ];
    const canEdit = ask !== undefined && !this.jsonEnabled();
    if (!flags["no-edit"] && !canEdit)
      throw missing(["--no-edit or --print, as no editor can be opened"], line.join(" "));
    if (given === undefined && ask === undefined) throw missing(["<topic>"], line.join(" "));
    const admin = await this.admin(flags);
    const topic = given ?? (ask === undefined ? "" : await chooseTopic(ask, (await admin.call("topicList")).items));
    const create = (text: string, where: string) => this.#create(topic, text, where, flags);
    const schema =
      flags["no-edit"] || ask === undefined
        ? await create(draft, "draft")
        : await editedSchema(draft, { ask, env: process.env, create });
    this.next(["message", "publish", schema.topic, "--file", "message.json"]);
    return schema;
  }

  async #create(name: string, definition: string, where: string, flags: CreateFlags): Promise<SchemaCreateReply> {
    const admin = await this.admin(flags);
    const schema = await inFile(where, admin.call("schemaCreate", { name, body: { definition } }));
    for (const line of warningLines(schema.warnings, where)) this.note(line);
    this.print(`Topic ${schema.topic} has a schema now, version ${schema.version}.`);
    return schema;
  }
}

type CreateFlags = Interfaces.InferredFlags<typeof SchemaCreate.flags & typeof SchemaCreate.baseFlags>;
