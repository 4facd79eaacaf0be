// `npm run bench:connector [rounds] [changes]`: changes of a PostgreSQL table into their topic, durable, against a bare loop of
// pg-logical-replication that parses and acknowledges and keeps nothing. A private server, the same changes for both, processes of their own
// that take turns; what is read was committed before. Half inserts, half updates of 10 columns, 25 in a transaction.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openPostgresql, type Postgresql } from "../test/support/postgresql-server.ts";
import { TABLE } from "./connector-table.ts";
import { inDirectory, leave, run } from "./processes.ts";
import { median } from "./stats.ts";

const [rounds = 7, changes = 100_000] = process.argv.slice(3).map(Number);
const TRANSACTION = 50;
const GOAL = 0.7;

interface Measured {
  readonly perS: number;
  readonly cpuUs: number;
}

const server = await openPostgresql({ settings: { max_wal_size: "8GB", autovacuum: "off" } });
try {
  await inDirectory(bench);
} finally {
  await server.close();
}

async function bench(dir: string): Promise<void> {
  await server.sql(`
    CREATE TABLE ${TABLE} (id bigint PRIMARY KEY, customer int, total numeric(12,2), paid bool, at timestamptz DEFAULT now(),
      note text, sku text, lines int[], address jsonb, version int DEFAULT 1);
    CREATE PUBLICATION bare FOR TABLE ${TABLE}`);
  await server.sql("SELECT pg_create_logical_replication_slot('bare', 'pgoutput')");
  const given = { ...address(server), dir, count: changes };
  const broker = run("connector-worker", "kbroker", JSON.stringify(given));
  await told(broker);
  const results: { readonly bare: Measured; readonly kbroker: Measured }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    await write(round);
    const bareFirst = round % 2 === 0;
    const one = bareFirst ? await measureBare(given) : await measure(broker);
    const other = bareFirst ? await measure(broker) : await measureBare(given);
    // The first round warms up.
    if (round > 0) results.push(bareFirst ? { bare: one, kbroker: other } : { bare: other, kbroker: one });
  }
  await leave(broker);
  report(results);
}

function address({ host, port, password }: Postgresql) {
  return { host, port, user: "postgres", password };
}

/** Inserts of a transaction, and an update of each of its rows in the next one. */
async function write(round: number): Promise<void> {
  const row = `n, n % 1000, n % 977 + 0.50, n % 2 = 0, now(), 'note ' || md5(n::text), 'sku-' || n % 50, ARRAY[n % 7, n % 11],
    jsonb_build_object('city', 'Lisboa', 'zip', n % 10000), 1`;
  await server.sql(`DO $$ BEGIN
    FOR low IN 0..${changes / 2 - 1} BY ${TRANSACTION} LOOP
      INSERT INTO ${TABLE} SELECT ${row} FROM generate_series(${(round * changes) / 2} + low, ${(round * changes) / 2} + low + ${TRANSACTION - 1}) n;
      COMMIT;
      UPDATE ${TABLE} SET version = 2 WHERE id BETWEEN ${(round * changes) / 2} + low AND ${(round * changes) / 2} + low + ${TRANSACTION - 1};
      COMMIT;
    END LOOP;
  END $$`);
}

async function measureBare(given: object): Promise<Measured> {
  const child = run("connector-worker", "bare", JSON.stringify(given));
  const answer = await told(child);
  await leave(child);
  return answer;
}

async function measure(broker: ChildProcess): Promise<Measured> {
  broker.send("measure");
  return told(broker);
}

async function told(child: ChildProcess): Promise<Measured> {
  const [answer] = await Promise.race([once(child, "message"), once(child, "exit").then(died)]);
  return answer;
}

function died(): never {
  throw new Error("A worker ended before it answered.");
}

function report(results: readonly { readonly bare: Measured; readonly kbroker: Measured }[]): void {
  for (const who of ["bare", "kbroker"] as const) {
    const perS = median(results.map((each) => each[who].perS));
    const cpuUs = median(results.map((each) => each[who].cpuUs));
    process.stdout.write(
      `${who.padEnd(8)} ${perS.toFixed(0).padStart(7)} changes/s   ${cpuUs.toFixed(1).padStart(6)} µs of CPU a change\n`,
    );
  }
  const ratios = results.map(({ bare, kbroker }) => kbroker.perS / bare.perS);
  const spread = `rounds ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  const ratio = median(ratios);
  process.stdout.write(`ratio ${ratio.toFixed(2)} (goal ${GOAL}, ${ratio >= GOAL ? "met" : "missed"}; ${spread})\n`);
}
