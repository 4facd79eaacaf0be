import { attributeHeader } from "./headers.ts";
import type { Message } from "./message.ts";

/** What a message must have to be shown: each pair has to fit. */
export type MessageFilter = readonly (readonly [name: string, value: string])[];

/** `id` and `key` are the message's own; every other name is that of an attribute, with or without its prefix. */
export function fits({ id, key, attributes }: Message, filter: MessageFilter): boolean {
  return filter.every(([name, value]) => {
    if (name === "id") return id === value;
    if (name === "key") return key === value;
    const header = attributeHeader(name.toLowerCase());
    return attributes.some(([attribute, its]) => attributeHeader(attribute) === header && its === value);
  });
}
