import { Flags } from "@oclif/core";
import type { Visibility } from "../domain/topic.ts";

/** Of a topic that is to be there, whether it is made or imported. */
export const topicFlags = {
  public: Flags.boolean({ description: "Anybody may subscribe; a JSON Schema is required.", exclusive: ["private"] }),
  private: Flags.boolean({ description: "At most 5 subscriptions (the default)." }),
  schema: Flags.string({ description: "File with the topic's JSON Schema.", helpValue: "<file>" }),
  ttl: Flags.string({ description: "How long messages are kept: 1h to 7d (default: 7d).", helpValue: "<duration>" }),
};

export function visibilityOf(flags: { readonly public?: boolean; readonly private?: boolean }): Visibility | undefined {
  return flags.public === true ? "public" : flags.private === true ? "private" : undefined;
}
