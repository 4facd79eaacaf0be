import { Args, Flags } from "@oclif/core";
import type { TopicMessage } from "../../lib/api/topic-message.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { findById, findByPosition } from "../../lib/cli/find-message.ts";
import { messageHead } from "../../lib/cli/render-message.ts";
import { payloadOf } from "../../lib/cli/stored-payload.ts";

export default class MessageGet extends BaseCommand {
  static override summary = "Get one message of a topic: its stored bytes, exactly.";
  static override description =
    "By position it is found at once. By id the topic is searched from the newest message backwards, which takes the longer the further back it is; --since bounds that. Of several with one id it is the newest. Exit code 7 when there is none. What is known of the message goes to stderr, or with --json into the document.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders --id o-1",
    "<%= config.bin %> <%= command.id %> orders --id o-1 --since 2h --json",
    "<%= config.bin %> <%= command.id %> orders --position 0:41 > payload.json",
  ];
  static override args = { topic: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    id: Flags.string({ description: "Id of the message.", helpValue: "<id>", exactlyOne: ["id", "position"] }),
    position: Flags.string({
      description: "Where it lies, as message tail --json shows it.",
      helpValue: "<shard:offset>",
    }),
    since: Flags.string({
      description: "Search no further back: a time, or how long ago (default: all that is kept).",
      helpValue: "<time|2h>",
      exclusive: ["position"],
    }),
  };

  async run(): Promise<TopicMessage> {
    const { args, flags } = await this.parse(MessageGet);
    const { id, position, since } = flags;
    const name = await this.pickName("topic", args.topic, flags);
    const admin = await this.admin(flags);
    const message =
      id === undefined
        ? await findByPosition(admin, name, position ?? "")
        : await this.withProgress(`Searching ${name} for ${id}`, (tell) =>
            findById({ admin, tell }, name, { id, since }),
          );
    this.note(messageHead(message, await this.paint(process.stderr)));
    if (!this.jsonEnabled()) process.stdout.write(payloadOf(message));
    // So that the prompt has a line of its own; not a byte of it in what was asked for.
    if (process.stdout.isTTY) this.note("");
    return message;
  }
}
