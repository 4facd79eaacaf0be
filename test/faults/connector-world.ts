import { expect, onTestFinished, vi } from "vitest";
import type { RouteBody } from "../../src/lib/api/routes.ts";
import { type AdminClient, adminClient } from "../../src/lib/client/admin.ts";
import { openSecrets } from "../../src/lib/config/secrets.ts";
import type { EmbeddedStorage } from "../../src/lib/open-engine.ts";
import { startBroker } from "../e2e/http.ts";
import { type Postgresql, startPostgresql } from "../support/postgresql.ts";
import { arrived, connectorBecomes, folded, messagesOf, openShop, type Row, type Shop } from "../support/shop.ts";

/** A real database with the table `orders`, a real broker in this process, and the connector `shop` between them. */
export interface World {
  readonly server: Postgresql;
  readonly shop: Shop;
  readonly admin: AdminClient;
}

export interface Opening {
  readonly settings?: Readonly<Record<string, string>>;
  readonly tables?: readonly string[];
  readonly storage?: Partial<EmbeddedStorage>;
  readonly wish?: Partial<RouteBody<"connectorCreate">>;
}

/** A connector that follows a table with three rows. */
export async function openWorld({
  settings = {},
  tables = ["orders"],
  wish = {},
  storage = {},
}: Opening): Promise<World> {
  const server = await startPostgresql({ settings });
  const shop = await openShop(server);
  for (const table of tables)
    await server.sql(`CREATE TABLE ${table} (id int PRIMARY KEY, note text); ALTER TABLE ${table} OWNER TO kbroker`);
  await server.sql("INSERT INTO orders VALUES (1, 'one'), (2, 'two'), (3, 'three')");
  const broker = await startBroker(storage, { secret: openSecrets({ env: {}, dir: shop.secretsDir }) });
  const admin = adminClient({ adminUrl: broker.url, inboxUrl: broker.url });
  onTestFinished(() => admin.close());
  await admin.call("connectorCreate", { body: { ...shop.body(...tables), ...wish } });
  await connectorBecomes(admin, { status: "streaming", fault: null });
  // It says so a moment before its session is there; whoever ends that session would find none.
  await vi.waitFor(
    async () => expect(await server.sql("SELECT active FROM pg_replication_slots")).toEqual([{ active: true }]),
    { timeout: 60_000 },
  );
  return { server, shop, admin };
}

/** What the events fold to is the table, once the row of that id has arrived. */
export async function expectState({ server, shop, admin }: World, id: number): Promise<void> {
  await connectorBecomes(admin, { status: "streaming", fault: null });
  await arrived(admin, shop.topic("orders"), String(id));
  const rows = await server.sql<{ row: Row }>("SELECT to_jsonb(orders) AS row FROM orders ORDER BY id");
  const state = [...(await folded(await messagesOf(admin, shop.topic("orders")))).values()];
  expect(state.sort((one, other) => Number(one.id) - Number(other.id))).toEqual(rows.map(({ row }) => row));
}

export async function insert({ server }: World, id: number, note = "'new'"): Promise<void> {
  await server.sql(`INSERT INTO orders VALUES (${id}, ${note})`);
}

/** Resolves once it reads nothing any more. */
export async function pauseConnector({ admin }: World): Promise<void> {
  await admin.call("connectorPause", { name: "shop" });
  await connectorBecomes(admin, { status: "paused" });
}

export async function resumeConnector({ admin }: World): Promise<void> {
  await admin.call("connectorResume", { name: "shop" });
}
