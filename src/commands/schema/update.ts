import { Args, Flags } from "@oclif/core";
import type { SchemaUpdateReply } from "../../lib/api/schema.ts";
import { confirmFlags, DestructiveCommand } from "../../lib/cli/destructive-command.ts";
import { readSchema, schemaFileProblem } from "../../lib/cli/files.ts";
import { schemaUpdateFlow } from "../../lib/cli/flows/schema.ts";
import { updateText } from "../../lib/cli/render-schema.ts";
import { inFile, warningLines } from "../../lib/cli/schema-report.ts";
import { COMPATIBILITIES } from "../../lib/domain/compatibility/compare.ts";

export default class SchemaUpdate extends DestructiveCommand {
  static override summary = "Give a topic the next version of its JSON Schema, if it is compatible.";
  static override description =
    "Publishing is checked against the newest version. backward: whatever fitted the version before fits the new one; forward: whatever fits the new one fitted the version before; full: both; none: nothing is compared. What is not compatible is refused with the places and with what would be accepted, exit code 5. The same file again changes nothing.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders --schema order.json",
    "<%= config.bin %> <%= command.id %> orders --schema order.json --compatibility full --dry-run",
    "<%= config.bin %> <%= command.id %> orders --schema order.json --force --yes",
  ];
  static override args = { topic: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    schema: Flags.string({ description: "File with the new JSON Schema.", helpValue: "<file>", aliases: ["file"] }),
    compatibility: Flags.option({
      options: COMPATIBILITIES,
      description: "How it has to be compatible with the version before.",
      default: "backward" as const,
    })(),
    force: Flags.boolean({ description: "Take it although it is not compatible; that is recorded." }),
    "dry-run": Flags.boolean({ description: "Only say what would be done." }),
    ...confirmFlags,
  };

  async run(): Promise<SchemaUpdateReply> {
    const { args, flags } = await this.parse(SchemaUpdate);
    const admin = await this.admin(flags);
    const { compatibility, force = false } = flags;
    const { wish, asked } = await schemaUpdateFlow(
      { topic: args.topic, file: flags.schema },
      { ask: await this.prompter(flags), topics: async () => (await admin.call("topicList")).items, schemaFileProblem },
    );
    const { topic: name, file } = wish;
    const body = { definition: await readSchema(file), compatibility };
    const call = (more: object) => inFile(file, admin.call("schemaUpdate", { name, body: { ...body, ...more } }));
    const line = ["kbroker", "schema", "update", name, "--schema", file, "--compatibility", compatibility];
    const dryRun = flags["dry-run"];
    const plan = force || dryRun ? await call({ force, dryRun: true }) : undefined;
    this.#warn(plan, file);
    if (plan !== undefined && plan.problems.length > 0 && !dryRun) {
      const places = plan.problems.map(
        (problem) => `${file}:${problem.line}:${problem.column} ${problem.pointer}: ${problem.message}`,
      );
      const does = [
        `Gives topic ${name} a schema that is not ${compatibility} compatible with version ${plan.previousVersion}:`,
        ...places,
      ];
      await this.confirm(
        { name, does, question: `Force schema version ${plan.version} of topic ${name}?` },
        [...line, "--force"],
        flags,
      );
    }
    const base = plan === undefined ? {} : { baseVersion: plan.previousVersion, force };
    const updated = dryRun && plan !== undefined ? plan : await call(base);
    if (plan === undefined) this.#warn(updated, file);
    this.print(updateText(updated));
    if (asked && !force) this.same(dryRun ? [...line, "--dry-run"] : line, flags);
    return updated;
  }

  #warn(reply: SchemaUpdateReply | undefined, file: string): void {
    for (const line of warningLines(reply?.warnings ?? [], file)) this.note(line);
  }
}
