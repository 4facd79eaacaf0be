import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { filterWords } from "../../lib/cli/dead-letter-flags.ts";
import { onInterrupt } from "../../lib/cli/interrupt.ts";
import { parsePair } from "../../lib/cli/payload.ts";
import { filterQuery, messageHead } from "../../lib/cli/render-message.ts";
import { shellLine, shellQuote } from "../../lib/cli/shell.ts";
import { payloadOf } from "../../lib/cli/stored-payload.ts";
import { tail } from "../../lib/cli/tail.ts";
import { CODES } from "../../lib/domain/error.ts";

const LAST = 10;

export default class MessageTail extends BaseCommand {
  static override summary = "Show the messages of a topic, the newest or from a time on; nothing is taken out.";
  static override description =
    "stdout gets the payloads as they are stored, a line feed after each; at a terminal each has its id, time and attributes over it, on stderr. A payload may hold line feeds itself: --json prints one document a line instead, with everything that is known of the message. --follow waits for new ones until Ctrl-C (exit code 130), and for a broker that restarts.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders",
    "<%= config.bin %> <%= command.id %> orders --since 2h --filter event-type=created --limit 100 | jq .orderId",
    "<%= config.bin %> <%= command.id %> orders --follow --json",
  ];
  static override args = { topic: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    follow: Flags.boolean({ char: "f", description: "Go on with what is published from now on." }),
    since: Flags.string({
      description: "Begin there: beginning, a time, or how long ago.",
      helpValue: "<beginning|time|2h>",
      exclusive: ["last"],
    }),
    last: Flags.integer({
      description: `Begin with the newest so many: 0 to 1000 (default: ${LAST}).`,
      min: 0,
      max: 1_000,
      helpValue: "<count>",
    }),
    filter: Flags.string({
      description: "Only messages with that id, key or attribute; given again, all have to fit.",
      helpValue: "<name=value>",
      multiple: true,
      multipleNonGreedy: true,
    }),
    limit: Flags.integer({ description: "Stop after so many.", min: 1, helpValue: "<count>" }),
  };

  protected override isStream(): boolean {
    return true;
  }

  async run(): Promise<undefined> {
    const { args, flags } = await this.parse(MessageTail);
    const { since, last = LAST, limit, follow } = flags;
    const filter = filterQuery((flags.filter ?? []).map((text) => parsePair(text, "--filter")));
    const name = await this.pickName("topic", args.topic, flags);
    const admin = await this.admin(flags);
    const paint = await this.paint(process.stderr);
    const { signal, release } = onInterrupt({ alsoWhenUnread: process.stdout });
    const begin = since === undefined ? { last } : { from: since };
    const shown = await tail(
      { begin, filter, limit, follow },
      {
        read: (query) => admin.call("messageList", { name, query }),
        show: (message) => {
          if (process.stdout.isTTY) this.note(messageHead(message, paint));
          this.printOne(message, payloadOf(message));
        },
        damaged: (range) => this.#damaged(range),
        lost: (error) => this.note(`${error.message} Trying again until it answers.`),
        back: () => this.note("The broker answers again."),
        clock: this.clock,
        signal,
      },
    ).finally(release);
    if (signal.aborted) process.exitCode = signal.reason === "unread" ? 0 : CODES.cancelled.exit;
    else if (shown === 0) this.note(nothing(name, { since, last, filters: flags.filter ?? [] }));
  }

  /** Said whatever is asked for: what cannot be read must not look like what is not there. */
  #damaged({ shard, from, to }: { readonly shard: number; readonly from: number; readonly to: number }): void {
    const count = to - from;
    process.stderr.write(
      `Damaged: ${count} message${count === 1 ? "" : "s"} from ${shard}:${from} on cannot be read.\n`,
    );
    if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify({ damaged: { shard, from, to } })}\n`);
  }
}

function nothing(
  topic: string,
  asked: { since: string | undefined; last: number; filters: readonly string[] },
): string {
  if (asked.filters.length > 0) {
    const further = ["kbroker", "message", "tail", topic, "--since", "beginning", ...filterWords(asked.filters)];
    const where =
      asked.since === undefined ? `None of the newest ${asked.last} fits` : `Nothing since ${asked.since} fits`;
    return asked.since === "beginning"
      ? "No message fits."
      : `${where}. Look at all that is kept: ${shellLine(further)}`;
  }
  return `No message. Publish one: kbroker message publish ${shellQuote(topic)} --data '{}'`;
}
