import { rm } from "node:fs/promises";
import { join } from "node:path";
import { LogicalReplicationService, PgoutputPlugin } from "pg-logical-replication";
import { describe, expect, onTestFinished } from "vitest";
import { type Postgresql, testWithPostgresql } from "../support/postgresql.ts";
import { connectorBecomes } from "../support/shop.ts";
import { expectState, insert, openWorld, pauseConnector, resumeConnector, type World } from "./connector-world.ts";

interface Fault {
  readonly what: string;
  readonly settings?: Readonly<Record<string, string>>;
  breaks(world: World): Promise<unknown>;
  readonly status: "retrying" | "failed";
  readonly code: string;
  /** In the next step that it names. */
  readonly hint: string | RegExp;
  /** Does what the hint says. */
  mends(world: World): Promise<unknown>;
}

const restart = ({ admin }: World, snapshot?: "initial") =>
  admin.call("connectorRestart", { name: "shop", body: snapshot === undefined ? {} : { snapshot } });
const endSessions = (server: Postgresql) =>
  server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kbroker'");

const FAULTS: readonly Fault[] = [
  {
    what: "the database away and back",
    breaks: ({ server }) => server.stop("fast"),
    status: "retrying",
    code: "database_unreachable",
    hint: "tried again",
    mends: ({ server }) => server.start(),
  },
  {
    what: "a database that crashed",
    breaks: ({ server }) => server.kill9(),
    status: "retrying",
    code: "database_unreachable",
    hint: "tried again",
    mends: ({ server }) => server.start(),
  },
  {
    what: "another password in the database",
    async breaks({ server }) {
      await server.sql("ALTER ROLE kbroker PASSWORD 'other'");
      await endSessions(server);
    },
    status: "retrying",
    code: "authentication_failed",
    hint: "shop-password",
    mends: ({ shop }) => shop.keepPassword("other"),
  },
  {
    what: "a secret that is not there",
    async breaks({ server, shop }) {
      await rm(join(shop.secretsDir, "shop-password"));
      await endSessions(server);
    },
    status: "retrying",
    code: "secret_missing",
    hint: "shop-password",
    mends: ({ shop }) => shop.keepPassword("right"),
  },
  {
    what: "the right to replicate taken away",
    async breaks({ server }) {
      await server.sql("ALTER ROLE kbroker NOREPLICATION");
      await endSessions(server);
    },
    status: "retrying",
    code: "not_allowed",
    hint: /ALTER ROLE "?kbroker"? REPLICATION/,
    mends: ({ server }) => server.sql("ALTER ROLE kbroker REPLICATION"),
  },
  {
    what: "its slot read by somebody else",
    async breaks(world) {
      await pauseConnector(world);
      const { slot, publication } = await world.admin.call("connectorDescribe", { name: "shop" });
      await readSlot(world.server, { slot, publication });
      await resumeConnector(world);
    },
    status: "retrying",
    code: "slot_in_use",
    hint: "active_pid",
    mends: ({ server }) =>
      server.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL"),
  },
  {
    what: "no sender left",
    settings: { max_wal_senders: "1" },
    async breaks(world) {
      await pauseConnector(world);
      await world.server.sql("CREATE PUBLICATION other FOR TABLE orders");
      await world.server.sql("SELECT pg_create_logical_replication_slot('other', 'pgoutput')");
      await readSlot(world.server, { slot: "other", publication: "other" });
      await resumeConnector(world);
    },
    status: "retrying",
    code: "database_unreachable",
    hint: "max_wal_senders",
    mends: ({ server }) =>
      server.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 'other'"),
  },
  {
    what: "no slot left for a new beginning",
    settings: { max_replication_slots: "1" },
    async breaks(world) {
      await pauseConnector(world);
      await world.server.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
      await world.server.sql("SELECT pg_create_physical_replication_slot('other')");
      await restart(world, "initial");
      await resumeConnector(world);
    },
    status: "retrying",
    code: "no_free_slot",
    hint: "max_replication_slots",
    mends: ({ server }) => server.sql("SELECT pg_drop_replication_slot('other')"),
  },
  {
    what: "its publication dropped",
    async breaks({ server, admin }) {
      const { publication } = await admin.call("connectorDescribe", { name: "shop" });
      await server.sql(`DROP PUBLICATION ${publication}`);
      await endSessions(server);
    },
    status: "failed",
    code: "publication_missing",
    hint: "kbroker connector restart shop --snapshot initial",
    mends: (world) => restart(world, "initial"),
  },
  {
    what: "its slot dropped",
    async breaks(world) {
      await pauseConnector(world);
      const { slot } = await world.admin.call("connectorDescribe", { name: "shop" });
      await world.server.sql("SELECT pg_drop_replication_slot($1)", [slot]);
      await resumeConnector(world);
    },
    status: "failed",
    code: "slot_lost",
    hint: "kbroker connector restart shop --snapshot initial",
    mends: (world) => restart(world, "initial"),
  },
  {
    what: "its slot invalidated, as it kept too much",
    settings: { max_slot_wal_keep_size: "1MB", min_wal_size: "32MB", max_wal_size: "32MB" },
    async breaks(world) {
      await pauseConnector(world);
      for (let segment = 0; segment < 4; segment++) {
        await world.server.sql("INSERT INTO orders VALUES ($1, 'unread')", [100 + segment]);
        await world.server.sql("SELECT pg_switch_wal()");
        await world.server.sql("CHECKPOINT");
      }
      expect(await world.server.sql("SELECT wal_status FROM pg_replication_slots")).toEqual([{ wal_status: "lost" }]);
      await resumeConnector(world);
    },
    status: "failed",
    code: "slot_lost",
    hint: "kbroker connector restart shop --snapshot initial",
    mends: (world) => restart(world, "initial"),
  },
  {
    what: "wal_level no longer logical",
    async breaks(world) {
      await pauseConnector(world);
      await world.server.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
      await world.server.set({ wal_level: "replica" });
      await world.server.restart();
      await restart(world, "initial");
      await resumeConnector(world);
    },
    status: "failed",
    code: "wal_level",
    hint: "wal_level",
    async mends(world) {
      await world.server.set({ wal_level: "logical" });
      await world.server.restart();
      await resumeConnector(world);
    },
  },
  {
    what: "a row over 65 536 bytes",
    breaks: (world) => insert(world, 50, "repeat('x', 70000)"),
    status: "failed",
    code: "row_too_large",
    hint: "kbroker connector update shop --on-oversize skip",
    async mends(world) {
      await world.admin.call("connectorUpdate", { name: "shop", body: { onOversize: "skip" } });
      await world.server.sql("DELETE FROM orders WHERE id = 50");
    },
  },
  {
    what: "the primary key dropped",
    async breaks(world) {
      await world.server.sql("ALTER TABLE orders DROP CONSTRAINT orders_pkey");
      await insert(world, 50);
    },
    status: "failed",
    code: "key_changed",
    hint: "ADD PRIMARY KEY",
    async mends(world) {
      await world.server.sql("ALTER TABLE orders ADD PRIMARY KEY (id)");
      await restart(world, "initial");
    },
  },
  {
    what: "another primary key",
    async breaks(world) {
      await world.server.sql("ALTER TABLE orders DROP CONSTRAINT orders_pkey, ADD PRIMARY KEY (id, note)");
      await insert(world, 50);
    },
    status: "failed",
    code: "key_changed",
    hint: "kbroker connector restart shop --snapshot initial",
    async mends(world) {
      await world.server.sql("ALTER TABLE orders DROP CONSTRAINT orders_pkey, ADD PRIMARY KEY (id)");
      await restart(world, "initial");
    },
  },
];

describe("a fault says what to do, and once that is done nothing is lost:", () => {
  testWithPostgresql.for(FAULTS)(
    "$what",
    { timeout: 300_000 },
    async ({ settings = {}, breaks, status, code, hint, mends }) => {
      const world = await openWorld({ settings });
      await insert(world, 10);

      await breaks(world);

      const { fault } = await connectorBecomes(world.admin, { status, fault: { code } });
      expect(fault?.hint).toMatch(hint);
      expect(fault?.message).not.toMatch(/right|other/);
      await mends(world);
      await insert(world, 99);
      await expectState(world, 99);
    },
  );
});

/** Somebody else who reads the slot, until the test is over or the session is ended. */
async function readSlot(
  server: Postgresql,
  { slot, publication }: { slot: string; publication: string },
): Promise<void> {
  const { host, port, password } = server;
  const address = { host, port, user: "postgres", database: "postgres", password };
  // It acknowledges nothing: what somebody else has acknowledged is lost to the connector.
  const acknowledge = { auto: false, timeoutSeconds: 0 };
  const service = new LogicalReplicationService(address, { acknowledge });
  service.on("error", () => {});
  onTestFinished(async () => void (await service.destroy()));
  const started = new Promise<void>((resolve) => service.on("start", () => resolve()));
  const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [publication] });
  void service.subscribe(plugin, slot).catch(() => {});
  await started;
}
