import type { TopicReply } from "../api/topic.ts";
import { formatDuration } from "../domain/duration.ts";
import type { Paint } from "./colour.ts";
import { countText, fieldsText } from "./fields.ts";

export function renderTopic(topic: TopicReply, paint: Paint): string {
  const { name, visibility, purpose, subscriptions, schemaVersion } = topic;
  const fields = fieldsText(
    [
      ["schema", schemaVersion === null ? "none" : `version ${schemaVersion}`],
      ["kept", formatDuration(topic.ttlMs)],
      ["messages", countText(topic.messages)],
      ["subscriptions", subscriptions.length === 0 ? "none" : subscriptions.join(", ")],
      ["created", topic.createdAt],
      ["id", topic.id],
    ],
    paint,
  );
  return `${paint.bold(name)} ${purpose === "dead-letter" ? "dead letter topic" : `${visibility} topic`}\n${fields}`;
}
