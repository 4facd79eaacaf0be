import { Args, Flags } from "@oclif/core";
import type { PublishReply } from "../../lib/api/message.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { parseAttribute, readPayload } from "../../lib/cli/payload.ts";

export default class MessagePublish extends ChangingCommand {
  static override summary = "Publish one message.";
  static override description =
    "The payload is one JSON value of at most 65 536 bytes, from --data, --file or stdin; it is stored and pushed byte for byte. With --id publishing is safe to repeat: the same id with the same bytes within 10 minutes is stored once.";
  static override examples = [
    `<%= config.bin %> <%= command.id %> orders --data '{"orderId":"1"}' --id o-1`,
    "<%= config.bin %> <%= command.id %> orders --file message.json --key k1 --attribute event-type=created",
    `echo '{"orderId":"2"}' | <%= config.bin %> <%= command.id %> orders`,
  ];
  static override args = { topic: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    data: Flags.string({ char: "d", description: "The payload itself.", helpValue: "<json>", exclusive: ["file"] }),
    file: Flags.string({ description: "File with the payload; - is stdin.", helpValue: "<file>" }),
    id: Flags.string({ description: "Id of the message, for publishing it again safely.", helpValue: "<id>" }),
    key: Flags.string({ description: "Key that the consumer is given along.", helpValue: "<key>" }),
    attribute: Flags.string({
      description:
        "Attribute that the consumer is given along, as header x-kb-attr-<name> or, such as event-type, under its own; may be repeated.",
      helpValue: "<name=value>",
      multiple: true,
      multipleNonGreedy: true,
    }),
    "inbox-url": Flags.string({
      description: "Address to publish to, when it is not the broker's.",
      helpValue: "<url>",
    }),
  };

  protected override readonly face = "asks";

  async run(): Promise<PublishReply> {
    const { args, flags } = await this.parse(MessagePublish);
    const { id, key, data, file } = flags;
    const attributes = (flags.attribute ?? []).map(parseAttribute);
    const admin = await this.admin(flags);
    const topic = await this.pickName("topic", args.topic, flags);
    const asks = data === undefined && file === undefined ? await this.prompter(flags) : undefined;
    const payload = await readPayload({
      data: data ?? (await asks?.text({ message: "Payload (JSON)" })),
      file,
      stdin: process.stdin,
    });
    const published = await admin.publish({ topic, id, key, attributes, payload });
    const repeat = published.duplicate ? " It had been published before; nothing was stored again." : "";
    this.print(`Published ${published.id} to ${published.topic}.${repeat}`);
    return published;
  }
}
