import { existsSync } from "node:fs";
import { expect } from "vitest";
import { startPostgresql, testWithPostgresql } from "./postgresql.ts";
import { openPostgresql } from "./postgresql-server.ts";

testWithPostgresql("a private server keeps what was committed through a stop, a crash and kill -9", async () => {
  const server = await startPostgresql({ settings: { work_mem: "1MB" } });
  const stops = [() => server.restart("fast"), () => server.restart("immediate"), killAndStart];
  async function killAndStart() {
    await server.kill9();
    await server.start();
  }

  await server.sql("CREATE TABLE notes (id int PRIMARY KEY, text text)");
  for (const [id, stop] of stops.entries()) {
    await server.sql("INSERT INTO notes VALUES ($1, $2)", [id, "kept"]);
    await stop();
  }

  expect(await server.sql("SELECT id FROM notes ORDER BY id")).toEqual([{ id: 0 }, { id: 1 }, { id: 2 }]);
  expect(await server.sql("SHOW work_mem")).toEqual([{ work_mem: "1MB" }]);
  expect(await server.sql("SHOW wal_level")).toEqual([{ wal_level: "logical" }]);
});

testWithPostgresql("a role needs its password, and TLS is there when asked for", async () => {
  const server = await startPostgresql({ tls: true });
  await server.createRole("kbroker", { password: "right", attributes: "REPLICATION" });

  const client = await server.connect({ user: "kbroker", password: "right", ssl: { rejectUnauthorized: false } });
  const { rows } = await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
  await client.end();

  expect(rows).toEqual([{ ssl: true }]);
  expect(existsSync(server.caFile ?? "")).toBe(true);
  await expect(server.connect({ user: "kbroker", password: "wrong" })).rejects.toThrow("authentication failed");
});

testWithPostgresql("nothing of a private server is left, not even after kill -9", async () => {
  const server = await openPostgresql();
  expect(existsSync(server.dir)).toBe(true);

  await server.kill9();
  await server.close();

  expect(existsSync(server.dir)).toBe(false);
  await expect(server.connect()).rejects.toThrow("ECONNREFUSED");
});
