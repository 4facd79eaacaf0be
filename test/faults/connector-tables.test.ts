import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import { temporaryDir } from "../e2e/http.ts";
import { startPostgresql, testWithPostgresql } from "../support/postgresql.ts";
import { arrived, connectorBecomes, eventOf, messagesOf, openShop } from "../support/shop.ts";
import { expectState, insert, openWorld, pauseConnector, resumeConnector, type World } from "./connector-world.ts";

/** What is waited for may take long where others use the machine. */
const PATIENT = { timeout: 300_000 };

const eventsOf = async ({ admin, shop }: World, key: string) =>
  (await messagesOf(admin, shop.topic("orders"))).filter((message) => message.key === key).map(eventOf);

testWithPostgresql(
  "a column that is added, renamed or dropped is in the next event, without a restart",
  PATIENT,
  async () => {
    const world = await openWorld({});

    await insert(world, 10);
    await world.server.sql("ALTER TABLE orders ADD COLUMN total numeric DEFAULT 1.50");
    await insert(world, 11);
    await world.server.sql("ALTER TABLE orders RENAME COLUMN note TO remark");
    await insert(world, 12);
    await world.server.sql("ALTER TABLE orders DROP COLUMN total");
    await insert(world, 13);
    await arrived(world.admin, world.shop.topic("orders"), "13");

    const after = (await messagesOf(world.admin, world.shop.topic("orders")))
      .slice(-4)
      .map((event) => eventOf(event).after);
    expect(after).toEqual([
      { id: 10, note: "new" },
      { id: 11, note: "new", total: 1.5 },
      { id: 12, remark: "new", total: 1.5 },
      { id: 13, remark: "new" },
    ]);
  },
);

testWithPostgresql("REPLICA IDENTITY FULL shows in the next event, and DEFAULT again", PATIENT, async () => {
  const world = await openWorld({});
  const change = (note: string) => world.server.sql("UPDATE orders SET note = $1 WHERE id = 1", [note]);

  await change("a");
  await world.server.sql("ALTER TABLE orders REPLICA IDENTITY FULL");
  await change("b");
  await world.server.sql("ALTER TABLE orders REPLICA IDENTITY DEFAULT");
  await change("c");
  await insert(world, 99);
  await expectState(world, 99);

  const before = (await eventsOf(world, "1")).filter(({ op }) => op === "u").map((event) => event.before);
  expect(before[1]).toEqual({ id: 1, note: "a" });
  expect([before[0], before[2]]).not.toContainEqual(expect.objectContaining({ note: expect.anything() }));
});

testWithPostgresql(
  "a table that is dropped is a warning with the next step, and the others go on",
  PATIENT,
  async () => {
    const world = await openWorld({ tables: ["orders", "lines"] });

    await world.server.sql("DROP TABLE lines");
    await insert(world, 10);
    const { warnings } = await connectorBecomes(world.admin, {
      status: "degraded",
      fault: null,
      warnings: expect.arrayContaining([expect.objectContaining({ code: "table_missing" })]),
    });
    expect(warnings.map(({ hint }) => hint).join("\n")).toContain("--remove-table public.lines");
    await arrived(world.admin, world.shop.topic("orders"), "10");
    const removeTables = [{ schema: "public", table: "lines" }];
    await world.admin.call("connectorUpdate", { name: "shop", body: { removeTables } });

    await insert(world, 11);
    await expectState(world, 11);
  },
);

testWithPostgresql(
  "--on-oversize skip leaves out the event that no topic takes, counts it, and reads the row once it is smaller",
  PATIENT,
  async () => {
    const world = await openWorld({ wish: { onOversize: "skip" } });

    await insert(world, 10, "repeat('x', 70000)");
    await insert(world, 11);
    await connectorBecomes(world.admin, { status: "streaming", oversize: 1 });
    await arrived(world.admin, world.shop.topic("orders"), "11");
    expect(await eventsOf(world, "10")).toEqual([]);

    await world.server.sql("UPDATE orders SET note = 'small' WHERE id = 10");
    await insert(world, 12);
    await expectState(world, 12);
    expect((await eventsOf(world, "10")).map(({ op }) => op)).toEqual(["u"]);
  },
);

testWithPostgresql(
  "what the database keeps for a paused connector is a warning past the limit, and nothing of it is lost",
  PATIENT,
  async () => {
    const world = await openWorld({ wish: { retainedBytesWarn: 1_000_000 } });

    await pauseConnector(world);
    await world.server.sql("INSERT INTO orders SELECT n, repeat('x', 1000) FROM generate_series(100, 2099) n");
    const { warnings, retainedBytes } = await connectorBecomes(world.admin, {
      status: "paused",
      warnings: [{ code: "retained_wal" }],
    });
    expect(retainedBytes).toBeGreaterThan(1_000_000);
    expect(warnings[0]?.hint).toContain("kbroker connector resume shop");
    await resumeConnector(world);

    await insert(world, 99);
    await expectState(world, 99);
  },
);

testWithPostgresql("a restored copy at the same address is not taken for the database", PATIENT, async () => {
  const world = await openWorld({});
  const other = await startPostgresql();
  await openShop(other);
  await other.sql("CREATE TABLE orders (id int PRIMARY KEY, note text); ALTER TABLE orders OWNER TO kbroker");
  const move = (port: number) => world.admin.call("connectorUpdate", { name: "shop", body: { port } });

  await pauseConnector(world);
  await move(other.port);
  await resumeConnector(world);
  const { fault } = await connectorBecomes(world.admin, { status: "failed", fault: { code: "other_database" } });
  expect(fault?.hint).toContain("kbroker connector");
  await move(world.server.port);

  await insert(world, 99);
  await expectState(world, 99);
});

testWithPostgresql(
  "a broker without room takes nothing, tells why, and goes on once there is room",
  PATIENT,
  async ({ skip }) => {
    const dataDir = await smallDisk();
    if (dataDir === undefined) return skip("no file system can be mounted here");
    const limits = { freeBytesMin: 8_000_000, segmentBytesMax: 1_000_000 };
    const world = await openWorld({ storage: { dataDir, limits } });

    await writeFile(join(dataDir, "ballast"), Buffer.alloc(33_000_000));
    await vi.waitFor(async () => expect((await world.admin.call("brokerStatus")).refusing).not.toBe(null), {
      timeout: 60_000,
    });
    await world.server.sql("INSERT INTO orders SELECT n, repeat('x', 5000) FROM generate_series(100, 599) n");
    const { fault } = await connectorBecomes(world.admin, { status: "retrying", fault: { code: "broker_full" } });
    expect(fault?.hint).toContain("room");
    await rm(join(dataDir, "ballast"));

    await insert(world, 99);
    await expectState(world, 99);
  },
);

/** A disk of 40 MB, where the system lets us have one. */
async function smallDisk(): Promise<string | undefined> {
  const dir = await temporaryDir();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=40m", "tmpfs", dir], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync("umount", ["-l", dir]));
  return dir;
}
