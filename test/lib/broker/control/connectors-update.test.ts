import { describe, expect, it } from "vitest";
import type { UpdateConnector } from "../../../../src/lib/broker/requests/connectors.ts";
import { CUSTOMERS, DATABASE, ORDERS, openConnectorScene, REPORT, tell } from "../../../support/connector-control.ts";

const ITEMS = { schema: "public", table: "items" };

describe("updating a connector", () => {
  it("changes what is given, says old and new, and makes the owner open anew", async () => {
    const { broker, create } = await openConnectorScene();
    const before = await create();

    const { connector, changes } = await broker.updateConnector("shop", {
      ...{ host: "db2.internal", port: 5433, user: "cdc", password: null, tls: "require" },
      ...{ onOversize: "skip", retainedBytesWarn: 5 },
    });

    const { password: _, ...database } = DATABASE;
    expect(connector).toEqual({
      ...before,
      database: { ...database, host: "db2.internal", port: 5433, user: "cdc", tls: "require" },
      ...{ onOversize: "skip", retainedBytesWarn: 5, generation: 1 },
    });
    expect(changes).toEqual([
      { setting: "host", from: "db.internal", to: "db2.internal" },
      { setting: "port", from: "5432", to: "5433" },
      { setting: "user", from: "kbroker", to: "cdc" },
      { setting: "password", from: "env:KBROKER_SECRET_SHOP", to: "none" },
      { setting: "tls", from: "verify-full", to: "require" },
      { setting: "onOversize", from: "stop", to: "skip" },
      { setting: "retainedBytesWarn", from: "1073741824", to: "5" },
    ]);
  });

  it("what is as it was is no change, and its owner is left alone", async () => {
    const { broker, create, storage, source } = await openConnectorScene();
    await create();
    const before = structuredClone(storage);
    source.wishes.length = 0;

    const { changes } = await broker.updateConnector("shop", {
      ...{ host: DATABASE.host, onOversize: "stop", addTables: [ORDERS] },
      ...(DATABASE.password !== undefined && { password: DATABASE.password }),
    });

    expect(changes).toEqual([]);
    expect(storage).toEqual(before);
    expect(source.wishes).toEqual([]);
  });

  it("adds tables behind the others with topics of their own, and looks at them in the database first", async () => {
    const { broker, create, source } = await openConnectorScene();
    const before = await create();
    source.wishes.length = 0;

    const { connector, changes } = await broker.updateConnector("shop", { addTables: [ITEMS] });

    const { topic } = await broker.describeTopic("cdc_web-shop_items");
    expect(topic).toMatchObject({ visibility: "private", purpose: "messages" });
    expect(connector.tables).toEqual([...before.tables, { ...ITEMS, topic: topic.name, topicId: topic.id }]);
    expect(changes).toEqual([
      {
        setting: "tables",
        from: "public.orders,public.customers",
        to: "public.orders,public.customers,public.items",
      },
    ]);
    expect(source.wishes).toMatchObject([{ tables: [ITEMS], slot: before.slot, hasSlot: false }]);
  });

  it("takes tables away and leaves their topics, which can be deleted then or taken over again", async () => {
    const { broker, create, source } = await openConnectorScene();
    const before = await create();
    source.wishes.length = 0;

    const { connector } = await broker.updateConnector("shop", { removeTables: [ORDERS] });
    const again = await broker.updateConnector("shop", { addTables: [ORDERS], removeTables: [CUSTOMERS] });

    expect(connector.tables).toEqual([before.tables[1]]);
    expect(again.connector.tables).toEqual([before.tables[0]]);
    expect(source.wishes).toHaveLength(1);
    expect(
      await broker.deleteTopic("cdc_web-shop_customers", { cascade: false, purgeErrors: false, dryRun: false }),
    ).toMatchObject({ messages: 0 });
  });

  it("tries another way into the database with every table, and knows of the slot that is there", async () => {
    const { broker, engine, create, source } = await openConnectorScene();
    await tell(engine, await create(), REPORT);
    source.wishes.length = 0;

    await broker.updateConnector("shop", { user: "cdc", addTables: [ITEMS], removeTables: [CUSTOMERS] });

    expect(source.wishes).toMatchObject([
      { tables: [ORDERS, ITEMS], hasSlot: true, database: { host: DATABASE.host, user: "cdc" } },
    ]);
  });

  it("changes nothing where a check fails", async () => {
    const { broker, create, source, storage } = await openConnectorScene();
    await create();
    source.answers.checks = [{ check: "tables", result: "error", message: "It has no primary key.", fix: null }];
    const before = structuredClone(storage);

    await expect(broker.updateConnector("shop", { onOversize: "skip", addTables: [ITEMS] })).rejects.toMatchObject({
      code: "connector_checks_failed",
      message: 'A check of the database "shop" at db.internal:5432 failed: It has no primary key.',
    });

    expect(storage).toEqual(before);
  });

  it("keeps what somebody else writes at the same moment", async () => {
    const { broker, engine, create } = await openConnectorScene();
    await create();
    const { put, get } = engine.catalog;
    let rivals = 1;
    engine.catalog.put = async (kind, name, value, expected) => {
      const stored = Object((await get("connector", "shop"))?.value);
      if (kind === "connector" && rivals-- > 0) await put(kind, name, { ...stored, state: "paused" }, expected);
      return put(kind, name, value, expected);
    };

    const { connector } = await broker.updateConnector("shop", { addTables: [ITEMS] });

    expect(connector).toMatchObject({ state: "paused", generation: 1 });
    expect((await broker.describeTopic("cdc_web-shop_items")).topic.id).toBe(connector.tables[2]?.topicId);
  });
});

describe("refuses an update, asks no database, and changes nothing", () => {
  it.each<[string, UpdateConnector, string, RegExp]>([
    ["no table left", { removeTables: [ORDERS, CUSTOMERS] }, "invalid_request", /without a table/],
    ["a table that it does not have", { removeTables: [ITEMS] }, "invalid_request", /does not capture "public.items"/],
    [
      "a table that is almost one of its own",
      { removeTables: [{ schema: "public", table: "ordres" }] },
      "invalid_request",
      /Did you mean "public.orders"/,
    ],
    ["the same table twice", { addTables: [ITEMS, ITEMS] }, "invalid_request", /given twice/],
    [
      "a table to be added and removed",
      { addTables: [ORDERS], removeTables: [ORDERS] },
      "invalid_request",
      /added and to be removed/,
    ],
    [
      "too many tables",
      { addTables: Array.from({ length: 99 }, (_, n) => ({ schema: "a", table: `t${n}` })) },
      "invalid_request",
      /1 to 100/,
    ],
    ["the path of a socket", { host: "/tmp" }, "invalid_request", /is no host/],
    ["any variable", { password: { kind: "env", name: "PATH" } }, "invalid_request", /KBROKER_SECRET_/],
    ["a warning at no byte", { retainedBytesWarn: 0.5 }, "invalid_request", /0.5 bytes/],
    ["another connector's table", { addTables: [{ schema: "x", table: "y" }] }, "topic_exists", /"other" writes/],
  ])("%s", async (_what, request, code, message) => {
    const { broker, create, source, storage } = await openConnectorScene();
    await create();
    await create({ name: "other", tables: [{ schema: "x", table: "y" }] });
    const before = structuredClone(storage);
    source.wishes.length = 0;

    await expect(broker.updateConnector("shop", request)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });

    expect(source.wishes).toEqual([]);
    expect(storage).toEqual(before);
  });

  it("a connector that is not there", async () => {
    const { broker } = await openConnectorScene();

    await expect(broker.updateConnector("shop", {})).rejects.toMatchObject({ code: "connector_not_found" });
  });
});
