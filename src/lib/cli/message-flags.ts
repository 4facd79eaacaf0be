import { Flags, type Interfaces } from "@oclif/core";
import type { PublishRequest } from "../client/publish.ts";
import { parsePair, readPayload } from "./payload.ts";
import type { Prompter } from "./prompter.ts";

/** One message on the command line; spread into a command's `flags`. */
export const messageFlags = {
  data: Flags.string({ char: "d", description: "The payload itself.", helpValue: "<json>", exclusive: ["file"] }),
  file: Flags.string({ description: "File with the payload; - is stdin.", helpValue: "<file>" }),
  id: Flags.string({ description: "Id of the message, for sending it again safely.", helpValue: "<id>" }),
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

type MessageFlags = Pick<Interfaces.InferredFlags<typeof messageFlags>, "data" | "file" | "id" | "key" | "attribute">;

/** The message that the flags describe. The payload comes from --data, --file, a person who can be asked, or stdin, in this order. */
export async function messageFrom(
  { data, file, id, key, attribute = [] }: MessageFlags,
  prompter: () => Promise<Prompter | undefined>,
): Promise<Omit<PublishRequest, "topic">> {
  const attributes = attribute.map((text) => parsePair(text, "--attribute"));
  const ask = data === undefined && file === undefined ? await prompter() : undefined;
  const asked = await ask?.text({ message: "Payload (JSON)" });
  return { id, key, attributes, payload: await readPayload({ data: data ?? asked, file, stdin: process.stdin }) };
}
