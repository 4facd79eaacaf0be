import type { TopicReply } from "../api/topic.ts";

/** What is useful right after a topic was created. */
export function afterTopic({ name, visibility, schemaVersion }: TopicReply): string[] {
  if (visibility === "public" && schemaVersion === null) return ["schema", "create", name, "--file", "schema.json"];
  return ["subscription", "create", "<name>", "--topic", name, "--endpoint", "<url>"];
}
