import { Flags } from "@oclif/core";
import type { MoveReply } from "../../lib/api/move.ts";
import { missing } from "../../lib/cli/flows/flow.ts";
import { MoveCommand, moveFlags } from "../../lib/cli/move-command.ts";
import { subscriptionArg } from "../../lib/cli/subscription-arg.ts";

export default class SubscriptionSkip extends MoveCommand {
  static override summary = "Drop a backlog on purpose: what was published before a time is not delivered any more.";
  static override description =
    "Says how many messages that is, those that wait for their next attempt included, and asks. Taken back by --undo within 24 hours.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> billing --to now",
    "<%= config.bin %> <%= command.id %> billing --to 2h --yes",
    "<%= config.bin %> <%= command.id %> billing --undo",
  ];
  static override args = subscriptionArg;
  static override flags = {
    to: Flags.string({
      description: "Everything before it is dropped: now, a time, or how long ago that was.",
      helpValue: "<now|time|2h>",
    }),
    ...moveFlags,
  };

  async run(): Promise<MoveReply> {
    const { args, flags } = await this.parse(SubscriptionSkip);
    const { to, undo } = flags;
    const job = flags.job === undefined ? {} : { job: flags.job };
    const name = await this.pickName("subscription", args.name, flags);
    if (undo) return this.undo("skip", name, flags);
    if (to === undefined) throw missing(["--to"], `kbroker subscription skip ${name} --to now`);
    const words = ["skip", name, "--to", to];
    return this.move(
      {
        name,
        question: `Skip ${name}?`,
        words,
        ask: (admin, dryRun) => admin.call("subscriptionSkip", { name, body: { ...job, to, dryRun } }),
      },
      flags,
    );
  }
}
