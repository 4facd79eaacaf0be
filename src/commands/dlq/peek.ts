import type { DeadLetterListReply } from "../../lib/api/dead-letter.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { deadLetterFlags, noLetters, pageQuery, sameLetters } from "../../lib/cli/dead-letter-flags.ts";
import { nextPage } from "../../lib/cli/page-flags.ts";
import { renderDeadLetter } from "../../lib/cli/render-dead-letter.ts";
import { payloadOf } from "../../lib/cli/stored-payload.ts";
import { subscriptionArg } from "../../lib/cli/subscription-arg.ts";

export default class DlqPeek extends BaseCommand {
  static override summary = "Show the payloads of dead letters, oldest first; nothing is taken out.";
  static override description =
    "stdout gets the payloads as they are stored, one after the other; what is known of each goes to stderr.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> billing",
    "<%= config.bin %> <%= command.id %> billing --limit 1 > payload.json",
    "<%= config.bin %> <%= command.id %> billing --json",
  ];
  static override args = subscriptionArg;
  static override flags = deadLetterFlags(100, 10);

  async run(): Promise<DeadLetterListReply> {
    const { args, flags } = await this.parse(DlqPeek);
    const query = { ...(await pageQuery(flags)), payload: "true" as const };
    const name = await this.pickName("subscription", args.name, flags);
    const letters = await (await this.admin(flags)).call("deadLetterList", { name, query });
    const paint = await this.paint(process.stderr);
    if (letters.items.length === 0) this.note(noLetters(name, flags));
    for (const [index, entry] of letters.items.entries()) {
      if (index > 0) this.note("");
      this.note(renderDeadLetter(entry, paint));
      this.print(payloadOf(entry));
    }
    this.next(nextPage(["dlq", "peek", name, ...sameLetters(flags)], letters, flags));
    return letters;
  }
}
