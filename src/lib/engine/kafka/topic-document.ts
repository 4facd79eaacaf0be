/** The document of a topic that is being created, so that one left by a crash is known for ours. No id of a topic has a slash. */
export const CREATING = "creating/";

/** `kafka-topic/<topic id>`: which Kafka topic a topic is. */
export interface TopicDocument {
  readonly name: string;
  /** Kafka's own id: of another topic of that name it is another one. */
  readonly uuid: string;
  /** It was there before, and stays when the topic goes. */
  readonly isAdopted?: boolean;
}

export function isTopicDocument(value: unknown): value is TopicDocument {
  if (typeof value !== "object" || value === null) return false;
  return typeof Reflect.get(value, "name") === "string" && typeof Reflect.get(value, "uuid") === "string";
}
