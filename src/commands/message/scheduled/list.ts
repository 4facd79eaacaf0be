import { Args } from "@oclif/core";
import type { ScheduledListReply } from "../../../lib/api/schedule.ts";
import { BaseCommand } from "../../../lib/cli/base-command.ts";
import { outputFlag } from "../../../lib/cli/global-flags.ts";
import { nextPage, pageFlags } from "../../../lib/cli/page-flags.ts";
import { shellQuote } from "../../../lib/cli/shell.ts";
import { scheduledView } from "../../../lib/cli/views.ts";

export default class MessageScheduledList extends BaseCommand {
  static override summary = "List the messages of a topic that wait for their time, the earliest first.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders",
    "<%= config.bin %> <%= command.id %> orders --limit 20 -o wide",
    "<%= config.bin %> <%= command.id %> orders --json",
  ];
  static override args = { topic: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = { ...outputFlag, ...pageFlags(1_000, 100) };

  async run(): Promise<ScheduledListReply> {
    const { args, flags } = await this.parse(MessageScheduledList);
    const name = await this.pickName("topic", args.topic, flags);
    const { limit, after } = flags;
    const query = { limit, ...(after === undefined ? {} : { after }) };
    const scheduled = await (await this.admin(flags)).call("scheduledList", { name, query });
    const empty = `Nothing waits for its time. Schedule a message: kbroker message schedule ${shellQuote(name)} --in 10m --data '{}'`;
    await this.printList(scheduled, { ...scheduledView, empty }, flags.output);
    this.next(nextPage(["message", "scheduled", "list", name], scheduled, flags));
    return scheduled;
  }
}
