import { changeId } from "../../src/lib/connectors/change-event.ts";
import { connect } from "../../src/lib/connectors/postgresql/connect.ts";
import {
  type ChangeAt,
  type RelationEncoder,
  type RenderedEvent,
  relationEncoder,
} from "../../src/lib/connectors/postgresql/events.ts";
import { lsnDigits, lsnText } from "../../src/lib/connectors/postgresql/lsn.ts";
import { pgoutputDecoder, type WalMessage } from "../../src/lib/connectors/postgresql/pgoutput.ts";
import type { Relation, Row } from "../../src/lib/connectors/postgresql/relation.ts";
import { typeCatalog } from "../../src/lib/connectors/postgresql/type-catalog.ts";
import { dialDeps, superuserOf } from "./dialled.ts";
import type { Postgresql } from "./postgresql.ts";

/** An event as it would be published, without the stream: the log is read by SQL, in a session with our settings. */
export interface LoggedEvent extends RenderedEvent {
  readonly id: string;
  readonly text: string;
}

export interface ChangeLog {
  /** Of what was committed since the last call. */
  changes(): Promise<readonly LoggedEvent[]>;
  /** The rows of a table that has changed already, as the snapshot reads them. */
  snapshot(table: string, at: ChangeAt): Promise<LoggedEvent[]>;
  close(): Promise<void>;
}

const DATABASE = "shop";

/** Of all tables, from now on. Primary keys are the columns named. */
export async function openChangeLog(server: Postgresql, primaryKey: readonly string[]): Promise<ChangeLog> {
  await server.sql("CREATE PUBLICATION everything FOR ALL TABLES");
  await server.sql("SELECT pg_create_logical_replication_slot('log', 'pgoutput')");
  const connection = await connect(superuserOf(server), dialDeps({ KBROKER_SECRET_POSTGRES: server.password }));
  const types = typeCatalog((sql, parameters) => connection.query(sql, parameters));
  const decode = pgoutputDecoder();
  const encoders = new Map<number, RelationEncoder>();

  const encoderOf = async (relation: Relation) => {
    await types.resolve(relation.columns.map(({ typeOid }) => typeOid));
    return relationEncoder(relation, { types, primaryKey, database: DATABASE });
  };

  const rendered = (at: ChangeAt, message: WalMessage): readonly RenderedEvent[] => {
    const encoder = "oid" in message ? encoders.get(message.oid) : undefined;
    switch (message.kind) {
      case "insert":
        return encoder?.insert(at, message.row) ?? [];
      case "update":
        return encoder?.update(at, message.row) ?? [];
      case "delete":
        return encoder?.remove(at, message.row) ?? [];
      case "truncate":
        return message.oids.flatMap((oid) => encoders.get(oid)?.truncate(at) ?? []);
      case "begin":
      case "commit":
      case "relation":
      case "other":
      case "broken":
        return [];
    }
  };

  return {
    async changes() {
      const rows = await connection.query(
        `SELECT data FROM pg_logical_slot_get_binary_changes('log', NULL, NULL, 'proto_version', '1', 'publication_names', 'everything')`,
      );
      const events: LoggedEvent[] = [];
      let at: ChangeAt & { digits: string } = { lsn: "", digits: "", transaction: 0, tsMs: 0 };
      let count = 0;
      for (const { data } of rows) {
        const message = decode(Buffer.from(data?.slice(2) ?? "", "hex"));
        if (message.kind === "broken") throw message.error;
        if (message.kind === "begin") {
          const { commitLsn, xid, timeMs } = message;
          at = { lsn: lsnText(commitLsn), digits: lsnDigits(commitLsn), transaction: xid, tsMs: timeMs };
          count = 0;
        }
        if (message.kind === "relation") encoders.set(message.oid, await encoderOf(message.relation));
        const parts = rendered(at, message).map((event, index) => {
          return { ...event, id: changeId(at.digits, count, { isMoved: index > 0 }), text: textOf(event) };
        });
        events.push(...parts);
        if (parts.length > 0) count += 1;
      }
      return events;
    },
    async snapshot(table, at) {
      const relation = await relationOf(connection, table, primaryKey);
      const encoder = await encoderOf(relation);
      const { rows } = await connection.client.query<string[]>({ text: `SELECT * FROM ${table}`, rowMode: "array" });
      return rows
        .map((values) => rowOf(relation, values))
        .flatMap((row) => encoder.snapshotRow(at, row))
        .map((event) => ({ ...event, id: "", text: textOf(event) }));
    },
    close: () => connection.close(),
  };
}

function textOf({ payload }: RenderedEvent): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
}

/** As the catalog tells of it. */
async function relationOf(
  { query }: Awaited<ReturnType<typeof connect>>,
  table: string,
  primaryKey: readonly string[],
): Promise<Relation> {
  const columns = await query(
    "SELECT attname, atttypid FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
    [table],
  );
  const [schema = "", name = ""] = table.split(".");
  return {
    schema,
    table: name,
    identity: "default",
    columns: columns.map(({ attname, atttypid }) => ({
      name: attname ?? "",
      typeOid: Number(atttypid),
      isKey: primaryKey.includes(attname ?? ""),
    })),
  };
}

function rowOf({ columns }: Relation, values: readonly (string | null)[]): Row {
  const row: Record<string, string | null> = Object.create(null);
  for (const [index, { name }] of columns.entries()) row[name] = values[index] ?? null;
  return row;
}
