import { expect, test } from "vitest";
import type { SourceChange } from "../../../../src/lib/connectors/port.ts";
import { batchQueue } from "../../../../src/lib/connectors/postgresql/batch-queue.ts";
import { capture } from "../../../../src/lib/connectors/postgresql/capture.ts";
import type { Connection } from "../../../../src/lib/connectors/postgresql/connect.ts";
import type { WalMessage } from "../../../../src/lib/connectors/postgresql/pgoutput.ts";
import { transactions } from "../../../../src/lib/connectors/postgresql/transactions.ts";

const INT = 23;
const COLUMN = { name: "id", typeOid: INT };
const TABLES = [
  { table: "orders", oid: 1 },
  { table: "items", oid: 2 },
] as const;
const TRANSACTION: readonly WalMessage[] = [
  ...TABLES.map(({ table, oid }): WalMessage => {
    const columns = [{ ...COLUMN, isKey: true }];
    return { kind: "relation", oid, relation: { schema: "public", table, identity: "default", columns } };
  }),
  { kind: "begin", commitLsn: 0x16b3748n, timeMs: 5, xid: 7 },
  { kind: "insert", oid: 1, row: { id: "1" } },
  { kind: "update", oid: 2, row: { old: null, key: { id: "2" }, new: { id: "3" } } },
  { kind: "truncate", oids: [2, 1] },
  { kind: "insert", oid: 1, row: { id: "4" } },
  { kind: "commit", endLsn: 0x16b3800n },
];

/** The changes of the transaction, to a connector that has these tables. */
async function changesOf(...names: readonly string[]): Promise<readonly SourceChange[]> {
  const address = { host: "127.0.0.1", port: 5432, database: "shop", user: "kbroker", tls: "disable" as const };
  const tables = names.map((table) => ({ schema: "public", table }));
  const own = { slot: "s", publication: "s", ownsPublication: false, snapshot: "none" as const };
  const column = { ...COLUMN, number: 1, type: "integer" };
  const known = tables.map((name, index) => ({
    ...{ ...name, index, oid: index, rowsExpected: null, columns: [column], key: [column] },
    ...{ filter: null, isPublished: true },
  }));
  const ask = (work: (connection: Connection) => Promise<never>) => work({ query: async () => [] } as never);
  const queue = batchQueue(0n, { countMax: 100, bytesMax: 100_000 });
  const take = transactions({
    queue,
    capture: capture({ settings: { database: address, tables, ...own }, tables: known, ask: ask as never }),
  });
  for (const message of TRANSACTION) await take(message);
  return (await queue.take())?.changes ?? [];
}

test("a row that moves to another key is two changes with one number", async () => {
  const changes = await changesOf("orders", "items");

  const [digits] = changes.map(({ id }) => id.split("-")[0]);
  expect(digits).toBe("00000000016b3748");
  expect(changes.map(({ id, table, key }) => `${table} ${id.slice(17)} ${key}`)).toEqual([
    ...["0 0 1", "1 1 2", "1 1-c 3", "1 2 undefined", "0 3 undefined", "0 4 4"],
  ]);
});

test.for(["orders", "items"])("a change of %s has the same id whatever else is captured", async (table) => {
  const all = await changesOf("orders", "items");

  const alone = await changesOf(table);

  const index = ["orders", "items"].indexOf(table);
  expect(alone).toEqual(all.filter((change) => change.table === index).map((change) => ({ ...change, table: 0 })));
});
