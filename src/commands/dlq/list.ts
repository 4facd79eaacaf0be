import type { DeadLetterListReply } from "../../lib/api/dead-letter.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { deadLetterFlags, noLetters, pageQuery, sameLetters } from "../../lib/cli/dead-letter-flags.ts";
import { outputFlag } from "../../lib/cli/global-flags.ts";
import { nextPage } from "../../lib/cli/page-flags.ts";
import { subscriptionArg } from "../../lib/cli/subscription-arg.ts";
import { deadLetterView } from "../../lib/cli/views.ts";

export default class DlqList extends BaseCommand {
  static override summary = "List what a subscription gave up on and is not redriven yet, oldest first.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> billing",
    "<%= config.bin %> <%= command.id %> billing --limit 20 -o wide",
    "<%= config.bin %> <%= command.id %> billing --filter status=503 --filter since=2h",
    "<%= config.bin %> <%= command.id %> billing --json",
  ];
  static override args = subscriptionArg;
  static override flags = { ...outputFlag, ...deadLetterFlags(1_000, 100) };

  async run(): Promise<DeadLetterListReply> {
    const { args, flags } = await this.parse(DlqList);
    const query = await pageQuery(flags);
    const name = await this.pickName("subscription", args.name, flags);
    const letters = await (await this.admin(flags)).call("deadLetterList", { name, query });
    await this.printList(letters, { ...deadLetterView, empty: noLetters(name, flags) }, flags.output);
    this.next(nextPage(["dlq", "list", name, ...sameLetters(flags)], letters, flags));
    return letters;
  }
}
