import type { OwnDocuments } from "./fold/own-documents.ts";
import type { TopicNames } from "./positions/commit.ts";

/** As the engine's own documents say. Names that were found are looked at again: a topic may be deleted, and made anew under its name. */
export function topicNames(documents: Pick<OwnDocuments, "get" | "list">): TopicNames {
  const ids = new Map<string, string>();
  const nameOf = (topicId: string) => nameIn(documents.get("kafka-topic", topicId));
  return {
    nameOf,
    idOf(name) {
      const known = ids.get(name);
      if (known !== undefined && nameOf(known) === name) return known;
      ids.clear();
      for (const [topicId, value] of documents.list("kafka-topic")) {
        const each = nameIn(value);
        if (each !== undefined) ids.set(each, topicId);
      }
      return ids.get(name);
    },
  };
}

function nameIn(value: unknown): string | undefined {
  const name: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "name") : undefined;
  return typeof name === "string" ? name : undefined;
}
