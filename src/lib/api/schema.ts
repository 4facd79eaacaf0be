import { z } from "zod";
import { COMPATIBILITIES } from "../domain/compatibility/compare.ts";
import { count, instant } from "./common.ts";
import { problem } from "./error.ts";

/** What a strict reader would complain about in a schema that was taken. */
export const schemaWarnings = z.array(problem);

/** `POST /admin/v1/topics/{name}/schema`: `definition` is the JSON text of a JSON Schema (2020-12 or draft-07), kept as it is. */
export const schemaCreateBody = z.strictObject({ definition: z.string() });

const version = z.number().int().positive();

/** One version of a topic's schema. */
const schemaVersion = z.object({
  /** The topic's name: a schema belongs to one topic. */
  name: z.string(),
  topic: z.string(),
  version: count,
  /** How it was compared with the version before; `null`: it is the first. */
  compatibility: z.enum(COMPATIBILITIES).nullable(),
  /** It was not compatible and was taken all the same. */
  forced: z.boolean(),
  draft: z.enum(["2020-12", "draft-07"]),
  createdAt: instant,
});

/** `GET /admin/v1/topics/{name}/schema`: the newest version when none is given. */
export const schemaQuery = z.strictObject({ version: z.coerce.number().int().positive().exactOptional() });

export const schemaReply = schemaVersion.extend({ definition: z.string() });

export const schemaCreateReply = schemaReply.extend({ warnings: schemaWarnings });

/** `GET /admin/v1/schemas`: the newest version of each topic that has a schema; of one topic every version. */
export const schemaListQuery = z.strictObject({ topic: z.string().exactOptional() });
export const schemaListReply = z.object({ items: z.array(schemaVersion.extend({ bytes: count })) });

/** `POST /admin/v1/topics/{name}/schema/versions`. */
export const schemaUpdateBody = z.strictObject({
  definition: z.string(),
  compatibility: z.enum(COMPATIBILITIES).default("backward"),
  /** Take it although it is not compatible; that is recorded. */
  force: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  /** The version that the caller has seen: another one by now is a conflict. */
  baseVersion: version.exactOptional(),
});

export const schemaUpdateReply = schemaReply.extend({
  previousVersion: count,
  /** `false`: the text is that of the newest version, and no other was made. */
  changed: z.boolean(),
  dryRun: z.boolean(),
  /** Why it is not compatible; not empty only where it was forced. */
  problems: z.array(problem),
  warnings: schemaWarnings,
});

/** `POST /admin/v1/schema-checks`: a schema by itself, or a payload against it. Changes nothing. */
export const schemaCheckBody = z
  .strictObject({
    topic: z.string().exactOptional(),
    version: version.exactOptional(),
    definition: z.string().exactOptional(),
    payload: z.string().exactOptional(),
  })
  .refine(({ topic, definition }) => (topic === undefined) !== (definition === undefined), {
    message: "Either a topic or a definition is to be given.",
  });

export const schemaCheckReply = z.object({
  valid: z.boolean(),
  topic: z.string().nullable(),
  version: count.nullable(),
  /** What of the payload does not fit. */
  problems: z.array(problem),
  warnings: schemaWarnings,
});

/** `POST /admin/v1/topics/{name}/schema/diff`: two versions, or a version and a definition that is none yet. Changes nothing. */
export const schemaDiffBody = z.strictObject({
  from: version.exactOptional(),
  to: version.exactOptional(),
  definition: z.string().exactOptional(),
});

const place = z.object({ line: count, column: count }).nullable();

export const schemaChange = z.object({
  kind: z.enum(["added", "removed", "changed"]),
  pointer: z.string(),
  oldPlace: place,
  place,
  old: z.unknown(),
  new: z.unknown(),
  /** Why this change alone is not compatible in a direction; `null` when it is. */
  backward: z.string().nullable(),
  forward: z.string().nullable(),
});

export const schemaDiffReply = z.object({
  topic: z.string(),
  from: count,
  /** `null`: the definition that was given. */
  to: count.nullable(),
  changes: z.array(schemaChange),
  /** Changes beyond those listed. */
  omitted: count,
  /** All changes together. */
  backward: z.boolean(),
  forward: z.boolean(),
});

export type SchemaReply = z.output<typeof schemaReply>;
export type SchemaCreateReply = z.output<typeof schemaCreateReply>;
export type SchemaListReply = z.output<typeof schemaListReply>;
export type SchemaListItem = SchemaListReply["items"][number];
export type SchemaUpdateReply = z.output<typeof schemaUpdateReply>;
export type SchemaCheckReply = z.output<typeof schemaCheckReply>;
export type SchemaDiffReply = z.output<typeof schemaDiffReply>;
export type SchemaChangeReply = z.output<typeof schemaChange>;
