import { afterAll, beforeAll, expect } from "vitest";
import { SourceError, type SourceMeasure, type SourceSettings } from "../../../../src/lib/connectors/port.ts";
import { measurer } from "../../../../src/lib/connectors/postgresql/measure.ts";
import { dialDeps, superuserOf } from "../../../support/dialled.ts";
import { testWithPostgresql } from "../../../support/postgresql.ts";
import { postgresqlBin } from "../../../support/postgresql-program.ts";
import { openPostgresql, type Postgresql } from "../../../support/postgresql-server.ts";

let server: Postgresql;
const SEGMENT_BYTES = 16 * 1_024 * 1_024;

beforeAll(async () => {
  if (postgresqlBin() === undefined) return;
  server = await openPostgresql({ settings: { max_wal_size: "32MB", min_wal_size: "32MB", checkpoint_timeout: "1d" } });
});
afterAll(() => server?.close());

let made = 0;

/** A table, its publication and its slot. */
async function connector(): Promise<SourceSettings> {
  made += 1;
  const name = `kbroker_m${made}`;
  await server.sql(`CREATE TABLE ${name} (id int PRIMARY KEY, name text)`);
  await server.sql(`CREATE PUBLICATION ${name} FOR TABLE ${name}`);
  await server.sql(`SELECT pg_create_logical_replication_slot('${name}', 'pgoutput')`);
  return {
    ...{ database: superuserOf(server), tables: [{ schema: "public", table: name }], slot: name, publication: name },
    ...{ ownsPublication: true, snapshot: "none" },
  };
}

function opened() {
  let aheadMs = 0;
  const deps = dialDeps({ KBROKER_SECRET_POSTGRES: server.password });
  const clock = { ...deps.clock, monotonic: () => deps.clock.monotonic() + aheadMs };
  const pass = (ms: number) => {
    aheadMs += ms;
  };
  return { pass, measure: measurer({ ...deps, clock }) };
}

/** Writes a whole segment of log without writing much. */
async function fillSegment() {
  await server.sql("SELECT pg_logical_emit_message(true, 'kbroker', 'x')");
  await server.sql("SELECT pg_switch_wal()");
}

const drop = ({ slot }: SourceSettings) => server.sql("SELECT pg_drop_replication_slot($1)", [slot]);
const bytesOf = ({ lag }: SourceMeasure) => lag?.bytes ?? Number.NaN;
const codes = (warnings: readonly { readonly code: string }[]) => warnings.map(({ code }) => code);

testWithPostgresql(
  "a slot at the end of the log is not behind, and one that nobody reads falls behind with time",
  async () => {
    const settings = await connector();
    const { pass, measure } = opened();
    await measure(settings);
    await server.sql("SELECT pg_replication_slot_advance($1, pg_current_wal_lsn())", [settings.slot]);
    const [before] = await server.sql(
      "SELECT pg_current_wal_lsn() = confirmed_flush_lsn AS there FROM pg_replication_slots",
    );

    await fillSegment();
    const fresh = await measure(settings);
    pass(60_000);
    await fillSegment();
    const later = await measure(settings);
    await server.sql("SELECT pg_replication_slot_advance($1, pg_current_wal_lsn())", [settings.slot]);
    const caught = await measure(settings);
    await drop(settings);

    expect(before).toEqual({ there: true });
    expect(bytesOf(fresh)).toBeGreaterThan(0);
    expect(bytesOf(later)).toBeGreaterThanOrEqual(bytesOf(fresh) + SEGMENT_BYTES);
    expect(later.lag?.ms).toBeGreaterThanOrEqual(60_000);
    expect(later.retainedBytes).toBeGreaterThanOrEqual(bytesOf(later));
    expect(bytesOf(caught)).toBeLessThan(SEGMENT_BYTES);
    expect([...fresh.warnings, ...later.warnings]).toEqual([]);
  },
);

testWithPostgresql(
  "log that is held back beyond max_wal_size, that is about to go, and that is gone are told apart",
  async () => {
    const settings = await connector();
    const { measure } = opened();

    for (let filled = 0; filled < 5; filled += 1) await fillSegment();
    const extended = await measure(settings);
    await server.set({ max_slot_wal_keep_size: "1MB" });
    await expect.poll(async () => codes((await measure(settings)).warnings)).toEqual(["retained_wal"]);
    await expect.poll(async () => (await measure(settings)).warnings[0]?.message).toContain("next checkpoint");
    await server.sql("CHECKPOINT");
    const lost = await measure(settings);
    await server.set({ max_slot_wal_keep_size: "-1" });
    await drop(settings);

    expect(extended.warnings).toEqual([
      expect.objectContaining({ code: "retained_wal", message: expect.stringContaining("more WAL than max_wal_size") }),
    ]);
    expect(lost.warnings).toEqual([
      expect.objectContaining({ code: "slot_lost", hint: "kbroker connector restart <name> --snapshot initial" }),
    ]);
  },
);

testWithPostgresql(
  "a table that nobody publishes any more, a publication that is gone and a slot that is gone are warnings",
  async () => {
    const settings = await connector();
    const { measure } = opened();

    await server.sql(`ALTER PUBLICATION ${settings.publication} DROP TABLE ${settings.publication}`);
    const unpublished = await measure(settings);
    await server.sql(`ALTER TABLE ${settings.publication} REPLICA IDENTITY NOTHING`);
    const blind = await measure(settings);
    await server.sql(`DROP TABLE ${settings.publication}`);
    const dropped = await measure(settings);
    await server.sql(`DROP PUBLICATION ${settings.publication}`);
    await drop(settings);
    const nothing = await measure(settings);
    const theirs = await measure({ ...settings, ownsPublication: false });

    expect(unpublished.warnings[0]).toMatchObject({
      code: "table_missing",
      hint: expect.stringContaining("ADD TABLE"),
    });
    expect(codes(blind.warnings)).toEqual(["replica_identity", "table_missing"]);
    expect(dropped.warnings[0]).toMatchObject({
      code: "table_missing",
      hint: expect.stringContaining("--remove-table"),
    });
    expect(codes(nothing.warnings)).toEqual(["slot_lost", "table_missing", "publication_missing"]);
    expect(nothing.warnings[2]?.hint).toBe("kbroker connector restart <name> --snapshot initial");
    expect(theirs.warnings[2]?.hint).toMatch(/^CREATE PUBLICATION .+; then: kbroker connector restart <name>/);
    expect(nothing).toMatchObject({ lag: null, retainedBytes: null });
  },
);

testWithPostgresql("a database that is not reached fails, and no session stays of one that is", async () => {
  const settings = await connector();
  const { measure } = opened();

  const away = measure({ ...settings, database: { ...settings.database, port: 1 } });

  await expect(away).rejects.toBeInstanceOf(SourceError);
  await measure(settings);
  const mine = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'kbroker'";
  await expect.poll(() => server.sql(mine)).toEqual([]);
  await drop(settings);
});
