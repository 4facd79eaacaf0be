import { z } from "zod";
import { CONNECTOR_TABLES_MAX } from "../domain/connector.ts";
import { FAULT_CODES } from "../domain/connector-report.ts";
import { change, count, instant, switched } from "./common.ts";

const tableName = z.strictObject({ schema: z.string().min(1).max(63), table: z.string().min(1).max(63) });

/** Where the broker finds a secret: the name of a variable of its own, or of a file in its secrets directory. */
const secretReference = z.strictObject({ kind: z.enum(["env", "file"]), name: z.string().min(1).max(255) });

const tls = z.enum(["disable", "require", "verify-full"]);

const database = z.strictObject({
  host: z.string().min(1).max(255),
  port: z.number().int().min(1).max(65_535),
  database: z.string().min(1).max(63),
  user: z.string().min(1).max(63),
  password: secretReference.optional(),
  tls,
});

const snapshot = z.enum(["initial", "none"]);
const onOversize = z.enum(["stop", "skip"]);
const retainedBytesWarn = z.number().int().min(1);
const tables = z.array(tableName).min(1).max(CONNECTOR_TABLES_MAX);

const wish = {
  name: z.string(),
  /** The `<product>` of the topics' names. */
  product: z.string(),
  kind: z.literal("postgresql"),
  database,
  tables,
  /** Left out: `initial`. */
  snapshot: snapshot.default("initial"),
  /** One that is there already and stays somebody else's; left out: the connector makes its own. */
  publication: z.string().min(1).max(63).optional(),
};

/** `POST /admin/v1/connectors`. Fails with `connector_checks_failed` and each problem before anything is made. */
export const connectorCreateBody = z.strictObject({
  ...wish,
  /** Left out: `stop`. */
  onOversize: onOversize.optional(),
  /** Log held back by the slot, from which on it is a warning; left out: 1 GiB. */
  retainedBytesWarn: retainedBytesWarn.optional(),
});

/** `POST /admin/v1/connector-checks`: only looks. */
export const connectorCheckBody = z.strictObject(wish);

const check = z.object({
  check: z.string(),
  result: z.enum(["ok", "warning", "error", "skipped"]),
  message: z.string(),
  /** The SQL or the setting that mends it. */
  fix: z.string().nullable(),
});

export const connectorCheckReply = z.object({
  /** None of the checks is an error. */
  ok: z.boolean(),
  checks: z.array(check),
  /** The topics that would be created. */
  topics: z.array(z.string()),
});

/** `POST /admin/v1/connector-tables`: what a database has to offer. */
export const connectorTablesBody = z.strictObject({ kind: z.literal("postgresql"), database });

export const connectorTablesReply = z.object({
  items: z.array(
    z.object({
      /** `<schema>.<table>`. */
      name: z.string(),
      schema: z.string(),
      table: z.string(),
      key: z.array(z.string()),
      rowsExpected: count.nullable(),
      /** Why it cannot be captured; `null`: it can. */
      problem: z.string().nullable(),
    }),
  ),
});

const faultReply = z.object({ code: z.enum(FAULT_CODES), message: z.string(), hint: z.string() });

const connectorTable = z.object({ schema: z.string(), table: z.string(), topic: z.string() });

export const connectorReply = z.object({
  name: z.string(),
  id: z.string(),
  kind: z.literal("postgresql"),
  product: z.string(),
  database,
  tables: z.array(connectorTable),
  slot: z.string(),
  publication: z.string(),
  ownsPublication: z.boolean(),
  snapshot,
  onOversize,
  retainedBytesWarn: count,
  /** What the operator wants. */
  state: z.enum(["active", "paused"]),
  /** What it does; `unknown` while its owner has told nothing. */
  status: z.enum(["starting", "snapshot", "streaming", "degraded", "retrying", "failed", "paused", "unknown"]),
  since: instant.nullable(),
  /** What keeps it from its work, with the next step. */
  fault: faultReply.nullable(),
  warnings: z.array(faultReply),
  retryAt: instant.nullable(),
  /** How far the events in the topics go, as the database says it (an LSN). */
  position: z.string().nullable(),
  snapshotProgress: z
    .array(
      z.object({
        schema: z.string(),
        table: z.string(),
        rows: count,
        rowsExpected: count.nullable(),
        done: z.boolean(),
      }),
    )
    .nullable(),
  changes: count,
  duplicates: count,
  oversize: count,
  lastChangeAt: instant.nullable(),
  /** `null`: not known. */
  lagBytes: count.nullable(),
  lagMs: count.nullable(),
  retainedBytes: count.nullable(),
  /** When lag and retained log were measured. */
  measuredAt: instant.nullable(),
  /** When the owner told this; `null`: never. */
  asOf: instant.nullable(),
  createdAt: instant,
});

export const connectorListReply = z.object({ items: z.array(connectorReply) });

/** `PATCH /admin/v1/connectors/<name>`. What is left out stays. Checked like a creation; a failed check changes nothing. */
export const connectorUpdateBody = z.strictObject({
  host: database.shape.host.optional(),
  port: database.shape.port.optional(),
  user: database.shape.user.optional(),
  /** `null`: none. */
  password: secretReference.nullable().optional(),
  tls: tls.optional(),
  addTables: tables.optional(),
  removeTables: tables.optional(),
  onOversize: onOversize.optional(),
  retainedBytesWarn: retainedBytesWarn.optional(),
});

/** `changes` is empty where it was like that already. */
export const connectorUpdateReply = connectorReply.extend({ changes: z.array(change) });

/** `POST /admin/v1/connectors/<name>/restart`. With `snapshot` it begins from scratch, with a new slot. */
export const connectorRestartBody = z.strictObject({ snapshot: snapshot.optional() });

/** `DELETE /admin/v1/connectors/<name>`. With `dryRun` it only says what would go. */
export const connectorDeleteQuery = z.strictObject({ keepSlot: switched, dryRun: switched });

export const connectorDeleteReply = z.object({
  name: z.string(),
  id: z.string(),
  slot: z.string(),
  publication: z.string(),
  slotKept: z.boolean(),
  publicationKept: z.boolean(),
  /** They stay, with their messages and subscriptions. */
  topics: z.array(z.string()),
  /** Why the slot is not removed yet; it is tried again until it is. */
  pending: z.string().nullable(),
});

export type ConnectorReply = z.output<typeof connectorReply>;
export type ConnectorCheckReply = z.output<typeof connectorCheckReply>;
export type ConnectorTablesReply = z.output<typeof connectorTablesReply>;
export type ConnectorUpdateReply = z.output<typeof connectorUpdateReply>;
export type ConnectorDeleteReply = z.output<typeof connectorDeleteReply>;
