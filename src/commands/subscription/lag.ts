import { Flags } from "@oclif/core";
import type { LagReply } from "../../lib/api/lag.ts";
import { lagFailures } from "../../lib/cli/lag-check.ts";
import { renderLag } from "../../lib/cli/render-lag.ts";
import { subscriptionArg } from "../../lib/cli/subscription-arg.ts";
import { WatchCommand, watchFlags } from "../../lib/cli/watch-command.ts";
import { durationMs } from "../../lib/domain/duration.ts";

export default class SubscriptionLag extends WatchCommand {
  static override summary = "Show how far a subscription is behind, and whether it is getting better.";
  static override description =
    "With a limit it is a check for pipelines: exit code 5 when the limit does not hold, with the answer still on stdout. A number that nobody reports is unknown, and does not hold.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> billing",
    "<%= config.bin %> <%= command.id %> billing --watch",
    "<%= config.bin %> <%= command.id %> billing --fail-above 1000 --fail-older-than 5m --json",
  ];
  static override args = subscriptionArg;
  static override flags = {
    ...watchFlags,
    "fail-above": Flags.integer({
      description: "Exit with 5 when the lag is higher.",
      min: 0,
      helpValue: "<count>",
      exclusive: ["watch"],
    }),
    "fail-older-than": Flags.string({
      description: "Exit with 5 when the oldest undelivered message is older.",
      helpValue: "<duration>",
      exclusive: ["watch"],
    }),
  };

  async run(): Promise<LagReply | undefined> {
    const { args, flags } = await this.parse(SubscriptionLag);
    const olderThan = flags["fail-older-than"];
    const ageMsMax = olderThan === undefined ? undefined : durationMs(olderThan, "--fail-older-than");
    const name = await this.pickName("subscription", args.name, flags);
    const admin = await this.admin(flags);
    const read = () => admin.call("subscriptionLag", { name });
    if (flags.watch) return this.watch({ read, render: renderLag, asOf: ({ asOf }) => asOf, interval: flags.interval });
    const lag = await read();
    this.print(renderLag(lag, await this.paint()));
    this.failCheck(lagFailures(lag, { lagMax: flags["fail-above"], ageMsMax }));
    return lag;
  }
}
