import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { Postgresql } from "../support/postgresql.ts";
import type { Row } from "../support/shop.ts";

const SESSIONS = 8;
const STATEMENTS = 30;
const CODES = 1_000;
const AWAY_MS = 50;

/** The tables, and what kbroker does not read: each change as the database's own triggers saw it, gone with its transaction. */
export const TABLES = ["orders", "items", "accounts"] as const;
export type TableOfLoad = (typeof TABLES)[number];

const SCHEMA = `
  CREATE SEQUENCE stamps;
  CREATE TABLE orders (id bigint PRIMARY KEY, customer int, total numeric(12,2), note text, stamp bigint);
  CREATE TABLE items (order_id bigint, line int, sku text, stamp bigint, PRIMARY KEY (order_id, line));
  CREATE TABLE accounts (code text PRIMARY KEY, balance numeric, stamp bigint);
  ALTER TABLE accounts REPLICA IDENTITY FULL;
  INSERT INTO accounts SELECT 'a-' || n, 100, nextval('stamps') FROM generate_series(1, ${CODES}) n;
  CREATE TABLE audit (n bigserial PRIMARY KEY, "table" text, op text, old jsonb, new jsonb);
  CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO audit ("table", op, old, new) VALUES (TG_TABLE_NAME, lower(left(TG_OP, 1)),
      CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
    RETURN NULL;
  END $$;
  ${TABLES.map((table) => `CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION audit(); ALTER TABLE ${table} OWNER TO kbroker;`).join("\n")}
`;

export interface Load {
  /** How many transactions may have been committed by now. */
  allow(count: number): void;
  readonly committed: number;
  readonly aborted: number;
  /** Resolves when all are committed. */
  readonly done: Promise<void>;
}

export interface LoadPlan {
  readonly transactions: number;
  /** Numbers from 0 to below `below`; the same for the same seed. */
  readonly pick: (below: number) => number;
}

export async function createTables(server: Postgresql): Promise<void> {
  await server.sql(SCHEMA);
}

/**
 * Sessions that change the same rows at once, in transactions of all kinds; some are rolled back, some in part, some die with the server or
 * of a deadlock. One whose answer was lost may have been committed or not: the audit table knows.
 */
export function startLoad(server: Postgresql, { transactions, pick }: LoadPlan): Load {
  const [counts, state] = [
    { committed: 0, aborted: 0 },
    { allowed: 0, orders: 0 },
  ];
  const session = async () => {
    let client: pg.Client | undefined;
    while (counts.committed < transactions) {
      if (counts.committed >= state.allowed) {
        await sleep(AWAY_MS);
        continue;
      }
      try {
        client ??= await server.connect();
        const isCommitted = pick(6) > 0;
        await client.query(transaction(state, pick, isCommitted));
        counts[isCommitted ? "committed" : "aborted"] += 1;
      } catch (error) {
        counts.aborted += 1;
        if (!isRefused(error)) client = undefined;
        await client?.query("ROLLBACK").catch(() => {});
        if (client === undefined) await sleep(AWAY_MS);
      }
    }
    await client?.end();
  };
  const done = Promise.all(Array.from({ length: SESSIONS }, session)).then(() => {});
  return {
    allow: (count) => {
      state.allowed = count;
    },
    get committed() {
      return counts.committed;
    },
    get aborted() {
      return counts.aborted;
    },
    done,
  };
}

/** The transaction failed, the session lives: a deadlock, or a key that somebody else took. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "40P01" || error.code === "23505");
}

function transaction(state: { orders: number }, pick: LoadPlan["pick"], isCommitted: boolean): string {
  const known = () => 1 + pick(Math.max(1, state.orders));
  const statements = Array.from(
    { length: STATEMENTS },
    () => KINDS[pick(KINDS.length)]?.({ state, pick, known }) ?? "",
  );
  const undone = pick(5) > 0 ? [] : ["SAVEPOINT s", KINDS[1]?.({ state, pick, known }), "ROLLBACK TO s"];
  return ["BEGIN", ...statements, ...undone, isCommitted ? "COMMIT" : "ROLLBACK"].join(";");
}

interface Choice {
  readonly state: { orders: number };
  readonly pick: LoadPlan["pick"];
  /** The id of an order that was made, and may be gone. */
  known(): number;
}

const STAMP = "nextval('stamps')";
const newOrder = ({ state, pick }: Choice) =>
  `INSERT INTO orders VALUES (${++state.orders}, ${pick(1_000)}, ${pick(10_000)}.50, 'note ${pick(1_000_000)}', ${STAMP})`;
const newItem = ({ known, pick }: Choice) =>
  `INSERT INTO items VALUES (${known()}, ${pick(3)}, 'sku-${pick(500)}', ${STAMP}) ON CONFLICT DO NOTHING`;

const KINDS: readonly ((choice: Choice) => string)[] = [
  newOrder,
  newOrder,
  newItem,
  newItem,
  ({ known }) => {
    const first = known();
    return `UPDATE orders SET total = total + 1, stamp = ${STAMP} WHERE id BETWEEN ${first} AND ${first + 2}`;
  },
  ({ known }) => `UPDATE items SET sku = sku || '+', stamp = ${STAMP} WHERE order_id = ${known()}`,
  ({ known }) => `DELETE FROM orders WHERE id = ${known()}`,
  ({ known }) => `DELETE FROM items WHERE order_id = ${known()} AND line = 1`,
  // A key that moves, to one that was never there or that was there before.
  ({ known, state }) => `UPDATE orders SET id = ${++state.orders}, stamp = ${STAMP} WHERE id = ${known()}`,
  ({ pick }) => {
    const code = 1 + pick(CODES);
    return `UPDATE accounts SET code = CASE code WHEN 'a-${code}' THEN 'b-${code}' ELSE 'a-${code}' END, stamp = ${STAMP} WHERE code IN ('a-${code}', 'b-${code}')`;
  },
  ({ pick }) => `UPDATE accounts SET balance = balance + 0.01, stamp = ${STAMP} WHERE code = 'a-${1 + pick(CODES)}'`,
  ({ pick }) => {
    const code = 1 + pick(CODES);
    return `DELETE FROM accounts WHERE code IN ('a-${code}', 'b-${code}'); INSERT INTO accounts VALUES ('a-${code}', 7, ${STAMP}) ON CONFLICT DO NOTHING`;
  },
];

export interface Audited {
  readonly table: TableOfLoad;
  readonly op: "i" | "u" | "d";
  readonly old: Row | null;
  readonly new: Row | null;
}

/** Every committed change since the connector was there, in an order in which each key's changes are in theirs. */
export function audited(server: Postgresql): Promise<readonly Audited[]> {
  return server.sql<Audited>(`SELECT "table", op, old, new FROM audit ORDER BY n`);
}
