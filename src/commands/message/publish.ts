import { Args, Flags, type Interfaces } from "@oclif/core";
import type { PublishReply } from "../../lib/api/message.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { countText } from "../../lib/cli/fields.ts";
import { messageFlags, messageFrom } from "../../lib/cli/message-flags.ts";
import { CODES, KBrokerError } from "../../lib/domain/error.ts";

export default class MessagePublish extends ChangingCommand {
  static override summary = "Publish one message, or with --batch one a line.";
  static override description =
    'The payload is one JSON value of at most 65 536 bytes, from --data, --file or stdin; it is stored and pushed byte for byte. With --id publishing is safe to repeat: the same id with the same bytes within 10 minutes is stored once. With --batch the input is NDJSON of any length, one {"payload": <any JSON>, "id"?, "key"?, "attributes"?} a line; each line has its result on stdout, exit code 1 says that some lines were refused, and which.';
  static override examples = [
    `<%= config.bin %> <%= command.id %> orders --data '{"orderId":"1"}' --id o-1`,
    "<%= config.bin %> <%= command.id %> orders --file message.json --key k1 --attribute event-type=created",
    `echo '{"orderId":"2"}' | <%= config.bin %> <%= command.id %> orders`,
    "<%= config.bin %> <%= command.id %> orders --batch --file messages.ndjson",
  ];
  static override args = { topic: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    ...messageFlags,
    file: Flags.string({ description: "File with the payload, or with the lines; - is stdin.", helpValue: "<file>" }),
    batch: Flags.boolean({
      description: "Publish many messages: NDJSON, one a line.",
      exclusive: ["data", "id", "key", "attribute"],
    }),
  };

  protected override readonly face = "asks";

  protected override isStream(): boolean {
    return this.argv.includes("--batch");
  }

  async run(): Promise<PublishReply | undefined> {
    const { args, flags } = await this.parse(MessagePublish);
    const admin = await this.admin(flags);
    const topic = await this.pickName("topic", args.topic, flags);
    if (flags.batch) return this.#publishLines(topic, flags);
    const published = await admin.publish({ topic, ...(await messageFrom(flags, () => this.prompter(flags))) });
    const repeat = published.duplicate ? " It had been published before; nothing was stored again." : "";
    this.print(`Published ${published.id} to ${published.topic}.${repeat}`);
    return published;
  }

  async #publishLines(topic: string, flags: PublishFlags): Promise<undefined> {
    const { openLines, publishLines, reportOf, resultText } = await import("../../lib/cli/batch.ts");
    const admin = await this.admin(flags);
    const input = openLines(flags.file, process.stdin);
    if (input.isTerminal) await this.#announceTyping(flags);
    const end = await this.withProgress(`Publishing to ${topic}`, (progress) =>
      publishLines({
        ...input,
        send: (batch) => admin.publishBatch(topic, batch),
        tell: (result, { failed }) => {
          this.printOne(result, resultText(result));
          progress(`Publishing to ${topic}: line ${countText(result.line)}, ${countText(failed.length)} failed`);
        },
      }),
    ).finally(input.close);
    const { text, exit } = reportOf(end, { topic, file: input.file });
    if (exit === 0) this.note(text);
    else process.stderr.write(text);
    if (end.stopped !== undefined) throw end.stopped.error;
    process.exitCode = input.signal.aborted ? CODES.cancelled.exit : exit;
    return undefined;
  }

  async #announceTyping(flags: PublishFlags): Promise<void> {
    if ((await this.prompter(flags)) !== undefined) return this.note('One {"payload": …} a line; Ctrl-D ends.');
    throw new KBrokerError("usage", "Nobody may be asked for the lines.", {
      hint: "Give them with --file, or on stdin.",
    });
  }
}

type PublishFlags = Interfaces.InferredFlags<typeof MessagePublish.flags & typeof MessagePublish.baseFlags>;
