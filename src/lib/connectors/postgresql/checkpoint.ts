import { z } from "zod";
import { SourceError } from "../port.ts";

const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/);

const knownTable = z.strictObject({
  schema: z.string(),
  table: z.string(),
  oid: z.number(),
  /** Numbers of the primary key's columns: they stay when a column is renamed. */
  key: z.array(z.number()),
});

const readTable = knownTable.extend({
  rows: z.number(),
  rowsExpected: z.number().nullable(),
  /** The key of the last row that was read, as texts; `null`: none yet. */
  after: z.array(z.string()).nullable(),
  done: z.boolean(),
});

const checkpoint = z.strictObject({
  version: z.literal(1),
  /** The database system that it is a place in. */
  system: z.string(),
  /** The stream goes on here. */
  lsn,
  /** Tables of which nothing more is read but the stream. */
  tables: z.array(knownTable),
  /** Rows of the beginning, while they are read. */
  snapshot: z
    .strictObject({
      /** Names the rows' events. */
      lsn,
      timeMs: z.number(),
      tables: z.array(readTable),
    })
    .nullable(),
});

export type KnownTable = z.infer<typeof knownTable>;
export type Checkpoint = z.infer<typeof checkpoint>;
export type SnapshotState = NonNullable<Checkpoint["snapshot"]>;

/** `undefined`: there is none. */
export function parseCheckpoint(value: unknown): Checkpoint | undefined {
  if (value === undefined || value === null) return undefined;
  const parsed = checkpoint.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SourceError(
    {
      code: "unexpected",
      message: "The connector's position has a form that this version does not know.",
      hint: "Run the version that wrote it, or begin again: kbroker connector restart <name> --snapshot initial",
    },
    { cause: parsed.error },
  );
}
