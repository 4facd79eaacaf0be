import type { SchemaListReply, SchemaReply } from "../api/schema.ts";
import { dialectOf } from "../domain/schema-dialect.ts";
import { schemaWarnings } from "../domain/schema-warnings.ts";
import type { TopicSchema } from "../domain/topic.ts";
import { instant, type Some } from "./handler.ts";

export const schemaHandlers: Some<
  "schemaCreate" | "schemaDescribe" | "schemaList" | "schemaUpdate" | "schemaDiff" | "schemaCheck"
> = {
  schemaCreate: async ({ broker, name, body: { definition } }) => ({
    ...schemaReply(await broker.createSchema(name, definition)),
    warnings: [...schemaWarnings(definition)],
  }),
  schemaDescribe: async ({ broker, name, query }) => schemaReply(await broker.describeSchema(name, query.version)),
  schemaList: async ({ broker, query }) => ({ items: (await broker.listSchemas(query.topic)).map(item) }),
  schemaUpdate: async ({ broker, name, body }) => {
    const { schema, previousVersion, changed, problems } = await broker.updateSchema({ topic: name, ...body });
    const warnings = [...schemaWarnings(body.definition)];
    return { ...schemaReply(schema), previousVersion, changed, dryRun: body.dryRun, problems: [...problems], warnings };
  },
  schemaDiff: async ({ broker, name, body }) => {
    const { from, to, changes, ...rest } = await broker.diffSchemas({ topic: name, ...body });
    const listed = changes.map(({ next, ...change }) => ({ ...change, new: next }));
    return { topic: name, from: from.version, to: to?.version ?? null, ...rest, changes: listed };
  },
  schemaCheck: async ({ broker, body }) => {
    const { definition, version, problems } = await broker.checkSchema(body);
    const warnings = [...schemaWarnings(definition)];
    return { valid: problems.length === 0, topic: body.topic ?? null, version, problems: [...problems], warnings };
  },
};

function about({ topic, version, definition, createdAtMs, compatibility, forced = false }: TopicSchema) {
  const draft = dialectOf(JSON.parse(definition)) ?? "2020-12";
  return {
    name: topic,
    topic,
    version,
    compatibility: compatibility ?? null,
    forced,
    draft,
    createdAt: instant(createdAtMs),
  };
}

function schemaReply(schema: TopicSchema): SchemaReply {
  return { ...about(schema), definition: schema.definition };
}

function item(schema: TopicSchema): SchemaListReply["items"][number] {
  return { ...about(schema), bytes: Buffer.byteLength(schema.definition) };
}
