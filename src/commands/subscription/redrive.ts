import { Flags } from "@oclif/core";
import type { RedriveReply } from "../../lib/api/redrive.ts";
import { filterFlags, filterWords } from "../../lib/cli/dead-letter-flags.ts";
import { confirmFlags, DestructiveCommand } from "../../lib/cli/destructive-command.ts";
import { redriveEnded } from "../../lib/cli/redrive-job.ts";
import { redriven, redrivePlan } from "../../lib/cli/render-redrive.ts";
import { subscriptionArg } from "../../lib/cli/subscription-arg.ts";
import { CODES } from "../../lib/domain/error.ts";

export default class SubscriptionRedrive extends DestructiveCommand {
  static override summary = "Deliver dead letters once more, to this subscription only.";
  static override description =
    "Says how many there are and why they died, asks, and waits until all are on their way again. Deliveries go on meanwhile. A message that died again after 5 redrives is left alone unless --include-set-aside asks for it.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> billing --dry-run",
    "<%= config.bin %> <%= command.id %> billing --max-messages=10 --yes",
    "<%= config.bin %> <%= command.id %> billing --filter status=503 --filter since=2h --rate 50",
  ];
  static override args = subscriptionArg;
  static override flags = {
    ...filterFlags,
    "max-messages": Flags.integer({
      description: "Only so many, the oldest first. Left out: all that are there now.",
      min: 1,
      helpValue: "<count>",
    }),
    rate: Flags.integer({ description: "At most so many a second.", min: 1, max: 100_000, helpValue: "<count>" }),
    "include-set-aside": Flags.boolean({ description: "Those that were redriven too often, too." }),
    "dry-run": Flags.boolean({ description: "Say what would be redriven, and change nothing." }),
    job: Flags.string({
      description: "Id of the job; ordering the same again does nothing twice.",
      helpValue: "<id>",
    }),
    "no-wait": Flags.boolean({ description: "Answer once the job is ordered." }),
    ...confirmFlags,
  };

  async run(): Promise<RedriveReply> {
    const { args, flags } = await this.parse(SubscriptionRedrive);
    const { parseFilters } = await import("../../lib/domain/dead-letter-filter.ts");
    const filter = parseFilters(flags.filter ?? []);
    const name = await this.pickName("subscription", args.name, flags);
    const admin = await this.admin(flags);
    const [countMax, includeSetAside] = [flags["max-messages"], flags["include-set-aside"]];
    const body = {
      ...{ filter, includeSetAside },
      ...(countMax !== undefined && { maxMessages: countMax }),
      ...(flags.rate !== undefined && { rate: flags.rate }),
      ...(flags.job !== undefined && { job: flags.job }),
    };
    const plan = await admin.call("subscriptionRedrive", { name, body: { ...body, dryRun: true } });
    const does = redrivePlan({ ...plan, subscription: name, countMax, includeSetAside });
    if (flags["dry-run"]) {
      this.print(does.join("\n"));
      return plan;
    }
    if (plan.matched === 0 && flags.job === undefined) {
      this.print(`No dead letter of ${name} is to be redriven.`);
      if (plan.setAside > 0) this.note(does.at(-1) ?? "");
      return plan;
    }
    const question = `Redrive ${name}?`;
    await this.confirm({ name, does, question }, ["kbroker", "subscription", "redrive", name, ...words(flags)], flags);
    const ordered = await admin.call("subscriptionRedrive", { name, body });
    const { job } = ordered;
    const ended = await this.withProgress("Redriving", async (tell) =>
      job === null || flags["no-wait"] ? undefined : redriveEnded(admin, job, tell),
    );
    const reply = { ...ordered, ...(ended && { redriven: ended.redriven, state: ended.state }) };
    this.print(redriven(reply));
    if (reply.state === "failed") {
      process.exitCode = CODES.internal.exit;
      this.note(ended?.error ?? "");
    }
    this.next(reply.state === "running" ? ["job", "watch", job ?? ""] : ["subscription", "lag", name]);
    return reply;
  }
}

/** The flags that say what is redriven, as they would be typed. */
function words(flags: {
  readonly filter?: readonly string[] | undefined;
  readonly "max-messages"?: number | undefined;
  readonly rate?: number | undefined;
  readonly "include-set-aside": boolean;
  readonly job?: string | undefined;
}): string[] {
  const valued = (["max-messages", "rate", "job"] as const).flatMap((flag) => {
    const value = flags[flag];
    return value === undefined ? [] : [`--${flag}`, String(value)];
  });
  return [...filterWords(flags.filter), ...valued, ...(flags["include-set-aside"] ? ["--include-set-aside"] : [])];
}
