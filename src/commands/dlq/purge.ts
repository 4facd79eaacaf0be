import { Flags } from "@oclif/core";
import type { PurgeReply } from "../../lib/api/redrive.ts";
import { filterFlags, filterWords } from "../../lib/cli/dead-letter-flags.ts";
import { confirmFlags, DestructiveCommand } from "../../lib/cli/destructive-command.ts";
import { plural } from "../../lib/cli/fields.ts";
import { purgePlan } from "../../lib/cli/render-redrive.ts";
import { subscriptionArg } from "../../lib/cli/subscription-arg.ts";

export default class DlqPurge extends DestructiveCommand {
  static override summary = "Let go of dead letters for good.";
  static override description =
    "Takes what dlq list shows, those set aside included, and gives their room on the disk back. What is being redriven stays until it is delivered.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> billing --dry-run",
    "<%= config.bin %> <%= command.id %> billing --filter status=400 --yes",
  ];
  static override args = subscriptionArg;
  static override flags = {
    ...filterFlags,
    "dry-run": Flags.boolean({ description: "Say what would go, and change nothing." }),
    ...confirmFlags,
  };

  async run(): Promise<PurgeReply> {
    const { args, flags } = await this.parse(DlqPurge);
    const { parseFilters } = await import("../../lib/domain/dead-letter-filter.ts");
    const filter = parseFilters(flags.filter ?? []);
    const name = await this.pickName("subscription", args.name, flags);
    const admin = await this.admin(flags);
    const plan = await admin.call("deadLetterPurge", { name, body: { filter, dryRun: true } });
    const does = purgePlan(plan);
    if (flags["dry-run"]) {
      this.print(does.join("\n"));
      return plan;
    }
    if (plan.matched === 0) {
      this.print(`No dead letter of ${name} is to be purged.`);
      return plan;
    }
    const line = ["kbroker", "dlq", "purge", name, ...filterWords(flags.filter)];
    await this.confirm({ name, does, question: `Purge the dead letters of ${name}?` }, line, flags);
    const purged = await admin.call("deadLetterPurge", { name, body: { filter } });
    this.print(`Purged ${plural(purged.purged, "dead letter")} of ${name}.`);
    return purged;
  }
}
