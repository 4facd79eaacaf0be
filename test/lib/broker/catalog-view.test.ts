import { expect, it } from "vitest";
import { openCatalogView } from "../../../src/lib/broker/catalog-view.ts";
import { memoryEngine } from "../../../src/lib/engine/memory/engine.ts";
import type { Catalog } from "../../../src/lib/engine/port.ts";
import { manualClock } from "../../support/manual-clock.ts";

const topic = { name: "a", id: "1", visibility: "private", purpose: "messages", ttlMs: 1, createdAtMs: 2 } as const;
const schema = { topic: "a", topicId: "1", version: 1, definition: "{}", createdAtMs: 2 };
const fail = (error: unknown) => {
  throw error;
};

function memoryCatalog(): Catalog {
  return memoryEngine({ clock: manualClock() }).catalog;
}

it("has what was there, and each change before the call that made it answers", async () => {
  const catalog = memoryCatalog();
  await catalog.put("topic", "a", topic, 0);
  const view = await openCatalogView(catalog, fail);

  expect(view.topic("a")).toEqual({ topic, schema: undefined });
  await catalog.put("schema", "a", schema, 0);
  expect(view.topic("a")).toEqual({ topic, schema });
  await catalog.delete("topic", "a", 1);
  expect(view.topic("a")).toBeUndefined();
});

it("is the same object until something of the topic changes", async () => {
  const catalog = memoryCatalog();
  await catalog.put("topic", "a", topic, 0);
  const view = await openCatalogView(catalog, fail);
  const before = view.topic("a");

  await catalog.put("topic", "b", { ...topic, name: "b" }, 0);

  expect(view.topic("a")).toBe(before);
});

it("does not believe a schema that is bound to another topic of the same name", async () => {
  const catalog = memoryCatalog();
  await catalog.put("schema", "a", { ...schema, topicId: "earlier" }, 0);
  await catalog.put("topic", "a", topic, 0);
  const view = await openCatalogView(catalog, fail);

  expect(view.topic("a")).toEqual({ topic, schema: undefined });
  expect(view.schemaDocumentVersion("a")).toBe(1);
});

it("a change while the first list is on its way wins over the list", async () => {
  const catalog = memoryCatalog();
  await catalog.put("topic", "a", topic, 0);
  const slow: Catalog = {
    ...catalog,
    list: async (kind) => {
      const documents = await catalog.list(kind);
      if (kind === "topic") await catalog.delete("topic", "a", 1);
      return documents;
    },
  };

  const view = await openCatalogView(slow, fail);

  expect(view.topic("a")).toBeUndefined();
});

it("refuses to open over a document that it cannot read, and reports one that comes later", async () => {
  const catalog = memoryCatalog();
  const reports: unknown[] = [];
  const view = await openCatalogView(catalog, (error) => reports.push(error));

  await catalog.put("topic", "a", { ...topic, visibility: "secret" }, 0);

  expect(reports).toMatchObject([{ code: "data_unreadable" }]);
  expect(view.topic("a")).toBeUndefined();
  await expect(openCatalogView(catalog, fail)).rejects.toMatchObject({ code: "data_unreadable" });
});

it("hears nothing any more once it is closed", async () => {
  const catalog = memoryCatalog();
  const view = await openCatalogView(catalog, fail);
  view.close();

  await catalog.put("topic", "a", topic, 0);

  expect(view.topic("a")).toBeUndefined();
});

const connector = {
  ...{ name: "shop", id: "3", kind: "postgresql", product: "shop", slot: "s", publication: "s", ownsPublication: true },
  database: { host: "db", port: 5432, database: "shop", user: "kbroker", tls: "disable" },
  tables: [{ schema: "public", table: "orders", topic: "a", topicId: "1" }],
  ...{ snapshot: "initial", onOversize: "stop", retainedBytesWarn: 1, state: "active", generation: 0, incarnation: 0 },
  createdAtMs: 2,
};

it("has the connector of a topic until it is marked as deleted, and its document until that is gone", async () => {
  const catalog = memoryCatalog();
  await catalog.put("connector", "shop", connector, 0);
  const view = await openCatalogView(catalog, fail);
  const deletion = { atMs: 1, purgeErrors: false, keepSlot: false };

  expect([view.connector("shop")?.value, view.connectorOf(topic)]).toEqual([connector, connector]);
  expect(view.connectorOf({ ...topic, id: "2" })).toBeUndefined();
  await catalog.put("connector", "shop", { ...connector, deletion }, 1);
  expect([view.connector("shop"), view.connectorOf(topic), view.connectors()]).toEqual([undefined, undefined, []]);
  expect(view.connectorDocuments()).toHaveLength(1);
  await catalog.delete("connector", "shop", 2);
  expect(view.connectorDocuments()).toEqual([]);
});
