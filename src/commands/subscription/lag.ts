import { Flags, type Interfaces } from "@oclif/core";
import type { LagReply } from "../../lib/api/lag.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { onInterrupt } from "../../lib/cli/interrupt.ts";
import { lagFailures } from "../../lib/cli/lag-check.ts";
import { canRedraw } from "../../lib/cli/progress.ts";
import { renderLag } from "../../lib/cli/render-lag.ts";
import { subscriptionArg } from "../../lib/cli/subscription-arg.ts";
import { watch } from "../../lib/cli/watch.ts";
import { intervalOf, lagAsLines, lagOnScreen } from "../../lib/cli/watch-lag.ts";
import { durationMs } from "../../lib/domain/duration.ts";
import { CODES } from "../../lib/domain/error.ts";

export default class SubscriptionLag extends BaseCommand {
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
    watch: Flags.boolean({
      char: "w",
      description: "Look again and again until Ctrl-C: in place at a terminal, else one JSON a line.",
      exclusive: ["fail-above", "fail-older-than"],
    }),
    interval: Flags.string({
      description: "How often to look (default: 2s).",
      helpValue: "<duration>",
      dependsOn: ["watch"],
    }),
    "fail-above": Flags.integer({ description: "Exit with 5 when the lag is higher.", min: 0, helpValue: "<count>" }),
    "fail-older-than": Flags.string({
      description: "Exit with 5 when the oldest undelivered message is older.",
      helpValue: "<duration>",
    }),
  };

  protected override isStream(): boolean {
    return this.argv.some((word) => word === "--watch" || word === "-w");
  }

  async run(): Promise<LagReply | undefined> {
    const { args, flags } = await this.parse(SubscriptionLag);
    const olderThan = flags["fail-older-than"];
    const ageMsMax = olderThan === undefined ? undefined : durationMs(olderThan, "--fail-older-than");
    const name = await this.pickName("subscription", args.name, flags);
    if (flags.watch) return this.#watch(name, flags);
    const lag = await (await this.admin(flags)).call("subscriptionLag", { name });
    this.print(renderLag(lag, await this.paint()));
    this.failCheck(lagFailures(lag, { lagMax: flags["fail-above"], ageMsMax }));
    return lag;
  }

  async #watch(name: string, flags: LagFlags): Promise<undefined> {
    const intervalMs = intervalOf(flags.interval ?? "2s");
    const admin = await this.admin(flags);
    const { stdout, stderr } = process;
    const onScreen = !this.jsonEnabled() && canRedraw(stdout, process.env);
    const { signal, release } = onInterrupt({ alsoWhenUnread: stdout });
    const shown = onScreen ? lagOnScreen(stdout, await this.paint()) : lagAsLines(stdout, stderr);
    const read = () => admin.call("subscriptionLag", { name });
    await watch({ read, ...shown, intervalMs, clock: this.clock, signal }).finally(() => {
      shown.close();
      release();
    });
    if (signal.reason !== "unread") process.exitCode = CODES.cancelled.exit;
    return undefined;
  }
}

type LagFlags = Interfaces.InferredFlags<typeof SubscriptionLag.flags & typeof SubscriptionLag.baseFlags>;
