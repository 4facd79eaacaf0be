import { Args, Flags, type Interfaces } from "@oclif/core";
import { confirmFlags, DestructiveCommand } from "../../lib/cli/destructive-command.ts";
import { missing } from "../../lib/cli/flows/flow.ts";
import type { ImportResult } from "../../lib/cli/moving/result.ts";

export default class BrokerImport extends DestructiveCommand {
  static override summary = "Create what another broker has: topics, schemas, subscriptions of a file.";
  static override description =
    "Takes what `broker export` wrote, or a file of that form. First it says what it will create. While anything in the file is wrong, or is on the broker already and differs, nothing is changed: each place is shown, and the command that mends it. What is there already and the same stays, so that an import which ended half way can simply be run again. Nothing is ever deleted or overwritten.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> broker.yaml --dry-run",
    "<%= config.bin %> <%= command.id %> broker.yaml --yes",
    "<%= config.bin %> <%= command.id %> broker.yaml --paused --from beginning --yes",
  ];
  static override args = {
    file: Args.string({ description: "The file, YAML or JSON; - for stdin.", ignoreStdin: true }),
  };
  static override flags = {
    "dry-run": Flags.boolean({ description: "Only say what would be created." }),
    paused: Flags.boolean({ description: "Create every subscription paused, whatever the file says." }),
    from: Flags.option({
      options: ["latest", "beginning"] as const,
      default: "latest" as const,
      description: "Where subscriptions that are created begin in a topic that has messages.",
    })(),
    ...confirmFlags,
  };

  async run(): Promise<ImportResult> {
    const { args, flags } = await this.parse(BrokerImport);
    const { paused = false, from } = flags;
    if (args.file === undefined || args.file === "") throw missing(["<file>"], "kbroker broker import <file>");
    const { readSetup } = await import("../../lib/cli/moving/read-file.ts");
    const { planImport } = await import("../../lib/cli/moving/import.ts");
    const setup = await readSetup(args.file, process.stdin);
    const admin = await this.admin(flags);
    const plan = await this.withProgress("Comparing with the broker", () =>
      planImport(setup, { admin, from, paused, where: this.where(flags) }),
    );
    const { countsText, renderPlan } = await import("../../lib/cli/moving/render-plan.ts");
    const { importResultOf } = await import("../../lib/cli/moving/result.ts");
    const result = importResultOf(plan, flags["dry-run"] ?? false);
    const [creates, same] = [countsText(plan, "create"), countsText(plan, "same")];
    if (creates === "")
      this.print(`Nothing to create: ${same === "" ? "the file is empty" : `${same}, all the same`}.`);
    else if (result.dryRun) this.print(renderPlan(plan, await this.paint()));
    if (creates === "" || result.dryRun) return result;

    this.note(renderPlan(plan, await this.paint(process.stderr)));
    await this.#agree(`Create ${creates}`, args.file, flags);
    const { applyPlan } = await import("../../lib/cli/moving/apply.ts");
    await this.withProgress("Importing", (tell) => applyPlan(plan, { admin, from, tell }));
    this.print(`Created ${creates}${same === "" ? "" : `; already there: ${same}`}.`);
    if (paused) this.next(["subscription", "resume", "<name>"]);
    return result;
  }

  /** Says which broker it is: an import goes to another one than the export came from. */
  async #agree(what: string, file: string, flags: ImportFlags): Promise<void> {
    const settings = this.settings(flags);
    const { value: url } = await settings.adminUrl();
    const name = (await settings.environment())?.value ?? "import";
    const line = ["kbroker", "broker", "import", file, ...(flags.paused ? ["--paused"] : [])];
    if (flags.from !== "latest") line.push("--from", flags.from);
    await this.confirm({ name, does: [], question: `${what} on ${url}?` }, line, flags);
  }
}

type ImportFlags = Interfaces.InferredFlags<typeof BrokerImport.flags & typeof BrokerImport.baseFlags>;
