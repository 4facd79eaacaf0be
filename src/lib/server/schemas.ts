import type { SchemaReply } from "../api/schema.ts";
import type { TopicSchema } from "../domain/topic.ts";
import { instant, type Some } from "./handler.ts";

export const schemaHandlers: Some<"schemaCreate" | "schemaDescribe"> = {
  schemaCreate: async ({ broker, name, body }) => schemaReply(await broker.createSchema(name, body.definition)),
  schemaDescribe: async ({ broker, name }) => schemaReply(await broker.describeSchema(name)),
};

function schemaReply({ topic, version, definition, createdAtMs }: TopicSchema): SchemaReply {
  return { name: topic, topic, version, definition, createdAt: instant(createdAtMs) };
}
