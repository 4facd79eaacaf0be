import { describe, expect, it } from "vitest";
import { ASKED_AT_ONCE_MAX } from "../../../../src/lib/broker/control/asking.ts";
import type { SourceCheck } from "../../../../src/lib/connectors/port.ts";
import { bytes } from "../../../support/broker.ts";
import {
  CUSTOMERS,
  DATABASE,
  ORDERS,
  openConnectorScene,
  REPORT,
  SHOP,
  tell,
  UNREACHABLE,
} from "../../../support/connector-control.ts";

const PRIVATE = { visibility: "private" } as const;

describe("creating a connector", () => {
  it("makes its topics private, for 7 days, and itself, and shows it", async () => {
    const { broker, clock, create, source } = await openConnectorScene();

    const connector = await create({ tables: [ORDERS, { schema: "crm", table: "people" }] });

    const topics = (await broker.listTopics()).map(({ topic }) => topic);
    expect(topics).toMatchObject([
      { name: "cdc_web-shop_crm.people", visibility: "private", purpose: "messages", ttlMs: 7 * 86_400_000 },
      { name: "cdc_web-shop_orders", visibility: "private", purpose: "messages", ttlMs: 7 * 86_400_000 },
    ]);
    expect(connector).toEqual({
      ...{ name: "shop", id: expect.any(String), kind: "postgresql", product: "web", database: DATABASE },
      tables: [
        { ...ORDERS, topic: "cdc_web-shop_orders", topicId: topics[1]?.id },
        { schema: "crm", table: "people", topic: "cdc_web-shop_crm.people", topicId: topics[0]?.id },
      ],
      ...{ slot: `kbroker_shop_${connector.id.slice(-8)}`, publication: connector.slot, ownsPublication: true },
      ...{ snapshot: "initial", onOversize: "stop", retainedBytesWarn: 1_073_741_824, state: "active" },
      ...{ generation: 0, incarnation: 0, createdAtMs: clock.now() },
    });
    expect(source.wishes).toMatchObject([{ slot: connector.slot, hasSlot: false, ownsPublication: true }]);
    expect(await broker.describeConnector("shop")).toEqual({ connector, report: null, asOfMs: null });
    expect(await broker.listConnectors()).toEqual([{ connector, report: null, asOfMs: null }]);
  });

  it("leaves a publication that somebody else looks after to them", async () => {
    const { create } = await openConnectorScene();

    expect(await create({ publication: "theirs" })).toMatchObject({ publication: "theirs", ownsPublication: false });
  });

  it("names everything that has to be mended in the database at once, and changes nothing", async () => {
    const { broker, source, storage } = await openConnectorScene();
    source.answers.checks = [
      { check: "wal_level", result: "error", message: "It is replica.", fix: "ALTER SYSTEM SET wal_level = logical;" },
      { check: "tls", result: "warning", message: "It is off.", fix: null },
      { check: "tables", result: "error", message: "There is no table public.orders.", fix: null },
    ];
    const before = structuredClone(storage);

    const created = broker.createConnector(SHOP);

    await expect(created).rejects.toMatchObject({
      code: "connector_checks_failed",
      message: '2 checks of the database "shop" at db.internal:5432 failed; each is named below.',
      problems: [
        { path: "wal_level", message: "It is replica.", fix: "ALTER SYSTEM SET wal_level = logical;" },
        { path: "tables", message: "There is no table public.orders." },
      ],
    });
    expect(storage).toEqual(before);
  });

  it("says of a single thing that is to be mended that it is one", async () => {
    const { source, create } = await openConnectorScene();
    source.answers.checks = [{ check: "tls", result: "error", message: "It is off.", fix: "Turn it on." }];

    await expect(create()).rejects.toMatchObject({
      problems: [{ path: "tls", message: "It is off.", fix: "Turn it on." }],
      hint: "Nothing was changed. Mend it, and give the same command again.",
    });
  });

  it("is not refused for a warning or for what was not looked at", async () => {
    const { source, create } = await openConnectorScene();
    const check: SourceCheck = { check: "tls", result: "warning", message: "It is off.", fix: null };
    source.answers.checks = [check, { ...check, result: "skipped" }, { ...check, result: "ok" }];

    expect(await create()).toMatchObject({ name: "shop" });
  });

  it("holds up no other change while the database is asked", async () => {
    const { broker, source, create } = await openConnectorScene();
    source.answers.meanwhile = () => broker.createTopic({ name: "orders", visibility: "private" });

    expect(await create()).toMatchObject({ name: "shop" });
  });

  it("is refused where somebody was faster while the database was asked", async () => {
    const { broker, source, create, names } = await openConnectorScene();
    await broker.createTopic({ name: "cdc_web-shop_customers", ...PRIVATE });
    source.answers.meanwhile = async () => {
      source.answers.meanwhile = async () => {};
      await create({ name: "rival", tables: [CUSTOMERS] });
    };

    await expect(broker.createConnector(SHOP)).rejects.toMatchObject({ code: "topic_exists" });

    expect(names()).toEqual(["connector/rival", "topic/cdc_web-shop_customers"]);
  });
});

describe("refuses, asks no database, and changes nothing", () => {
  const database = (wrong: object) => ({ ...SHOP, name: "new", product: "other", database: { ...DATABASE, ...wrong } });
  const tables = (...given: readonly object[]) => ({ ...database({}), tables: given as typeof SHOP.tables });

  it.each([
    ["the same name", SHOP, "connector_exists", /exists already/],
    ["a name that differs only in . and _", { ...SHOP, name: "a_b" }, "connector_exists", /differs from.*"a.b"/],
    ["a reserved name", { ...SHOP, name: "__kbroker" }, "invalid_request", /reserved/],
    ["no name", { ...SHOP, name: "" }, "invalid_request", /needs a name/],
    ["no product", { ...SHOP, name: "new", product: "" }, "invalid_request", /product/],
    ["a product that no topic could have", { ...SHOP, name: "new", product: "ä" }, "invalid_request", /product/],
    ["no host", database({ host: "" }), "invalid_request", /is no host/],
    ["the path of a socket", database({ host: "/var/run/postgresql" }), "invalid_request", /is no host/],
    ["a host with a user", database({ host: "a@b" }), "invalid_request", /is no host/],
    ["a host with a port", database({ host: "db:5432x" }), "invalid_request", /is no host/],
    ["port 0", database({ port: 0 }), "invalid_request", /port is 0/],
    ["half a port", database({ port: 1.5 }), "invalid_request", /port is 1.5/],
    ["a user with an end inside", database({ user: "a\0b" }), "invalid_request", /name of a user/],
    ["a database with a line end", database({ database: "a\nb" }), "invalid_request", /name of a database/],
    ["any variable", database({ password: { kind: "env", name: "HOME" } }), "invalid_request", /KBROKER_SECRET_/],
    ["any file", database({ password: { kind: "file", name: "../passwd" } }), "invalid_request", /without a path/],
    ["no table", tables(), "invalid_request", /1 to 100/],
    [
      "101 tables",
      tables(...Array.from({ length: 101 }, (_, n) => ({ schema: "a", table: `t${n}` }))),
      "invalid_request",
      /1 to 100/,
    ],
    [
      "a table that no topic could be named after",
      tables({ schema: "public", table: "größe" }),
      "invalid_request",
      /"public.größe"/,
    ],
    ["a table given twice", tables(ORDERS, CUSTOMERS, ORDERS), "invalid_request", /given twice/],
    [
      "tables whose topics would differ only in . and _",
      tables({ schema: "a", table: "b" }, { schema: "public", table: "a_b" }),
      "invalid_request",
      /both need/,
    ],
    ["a publication that is none", { ...database({}), publication: "a\0" }, "invalid_request", /publication/],
    [
      "a table that another connector captures",
      { ...SHOP, name: "new", tables: [ORDERS] },
      "topic_exists",
      /"shop" writes already/,
    ],
    ["a public topic", tables({ schema: "public", table: "open" }), "topic_exists", /is public/],
    ["a topic that is near one", tables({ schema: "public", table: "ne_ar" }), "topic_exists", /only in/],
  ] as const)("%s", async (_what, request, code, message) => {
    const { broker, storage, create, source } = await openConnectorScene();
    await create();
    await create({ name: "a.b", tables: [{ schema: "x", table: "y" }] });
    await broker.createTopic({ name: "cdc_other-shop_open", visibility: "public", schema: "true" });
    await broker.createTopic({ name: "cdc_other-shop_ne.ar", ...PRIVATE });
    const before = structuredClone(storage);
    source.wishes.length = 0;

    await expect(broker.createConnector(request)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    await expect(broker.checkConnector(request)).rejects.toMatchObject({ code });

    expect(source.wishes).toEqual([]);
    expect(storage).toEqual(before);
  });
});

it("refuses to warn at 0 bytes, where a warning would never end", async () => {
  const { broker, names } = await openConnectorScene();

  await expect(broker.createConnector({ ...SHOP, retainedBytesWarn: 0 })).rejects.toMatchObject({
    code: "invalid_request",
    message: expect.stringMatching(/0 bytes/),
  });

  expect(names()).toEqual([]);
});

it.each(["db", "db.internal.", "10.0.0.1", "::1", "2001:db8::1"])("takes the host %s", async (host) => {
  const { create } = await openConnectorScene();

  expect(await create({ database: { ...DATABASE, host } })).toMatchObject({ database: { host } });
});

it("of two that create the same connector at once one wins", async () => {
  const { broker, names } = await openConnectorScene();

  const results = await Promise.allSettled([broker.createConnector(SHOP), broker.createConnector(SHOP)]);

  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(names()).toEqual(["connector/shop", "topic/cdc_web-shop_customers", "topic/cdc_web-shop_orders"]);
});

it("takes over the topics that an earlier connector left, with what is in them", async () => {
  const { broker, create } = await openConnectorScene();
  const first = await create();
  await broker.publish({ topic: "cdc_web-shop_orders", attributes: [], payload: bytes("1") });
  await broker.deleteConnector("shop", { keepSlot: false, dryRun: false });

  const second = await create();

  expect(second.tables).toEqual(first.tables);
  expect(await broker.describeTopic("cdc_web-shop_orders")).toMatchObject({ messages: 1 });
  expect([second.id === first.id, second.slot === first.slot]).toEqual([false, false]);
});

describe("looking whether it could be created", () => {
  it("says what was found and which topics it would make, and changes nothing", async () => {
    const { broker, source, names } = await openConnectorScene();
    source.answers.checks = [{ check: "wal_level", result: "error", message: "It is replica.", fix: "…" }];

    const checked = await broker.checkConnector(SHOP);

    expect(checked).toEqual({
      checks: source.answers.checks,
      topics: ["cdc_web-shop_orders", "cdc_web-shop_customers"],
    });
    expect(names()).toEqual([]);
  });

  it("is refused while too many databases are asked, and possible again after that", async () => {
    const { broker, source } = await openConnectorScene();
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    source.answers.meanwhile = () => answered;
    const asked = Array.from({ length: ASKED_AT_ONCE_MAX }, () => broker.checkConnector(SHOP));

    await expect(broker.checkConnector(SHOP)).rejects.toMatchObject({ code: "overloaded" });
    answer();
    await Promise.all(asked);

    expect(await broker.checkConnector(SHOP)).toMatchObject({ checks: [] });
  });

  it("lists what there is to capture, or says why it cannot", async () => {
    const { broker, source } = await openConnectorScene();

    expect(await broker.connectorTables(DATABASE)).toMatchObject([{ table: "orders" }]);
    await expect(broker.connectorTables({ ...DATABASE, host: "/tmp" })).rejects.toMatchObject({
      code: "invalid_request",
    });
    source.answers.down = true;
    await expect(broker.connectorTables(DATABASE)).rejects.toMatchObject({
      code: "source_failed",
      message: UNREACHABLE.message,
      hint: UNREACHABLE.hint,
    });
  });
});

describe("describing a connector", () => {
  it("shows what its owner told last, and when", async () => {
    const { broker, engine, clock, create } = await openConnectorScene();
    const connector = await create();
    await clock.advance(5);

    await tell(engine, connector, REPORT);

    expect(await broker.describeConnector("shop")).toEqual({ connector, report: REPORT, asOfMs: clock.now() });
  });

  it("does not guess at a report in another form", async () => {
    const { broker, engine, create } = await openConnectorScene();
    await tell(engine, await create(), { ...REPORT, status: "dreaming" });

    expect(await broker.describeConnector("shop")).toMatchObject({ report: null, asOfMs: null });
  });

  it("says what is near when there is no such connector", async () => {
    const { broker, create } = await openConnectorScene();
    await create();

    await expect(broker.describeConnector("shpo")).rejects.toMatchObject({
      code: "connector_not_found",
      message: 'There is no connector "shpo". Did you mean "shop"?',
      hint: "kbroker connector describe shop",
    });
  });
});

describe("pausing, resuming and restarting", () => {
  it("pauses and resumes, twice too, and makes the owner open anew", async () => {
    const { broker, create } = await openConnectorScene();
    await create();

    const states = [];
    for (const act of ["pauseConnector", "pauseConnector", "resumeConnector", "resumeConnector"] as const)
      states.push((await broker[act]("shop")).connector);

    expect(states).toMatchObject([
      { state: "paused", generation: 0 },
      { state: "paused", generation: 0 },
      { state: "active", generation: 1 },
      { state: "active", generation: 1 },
    ]);
  });

  it.each(["failed", "retrying"] as const)("resuming one that is %s makes its owner try at once", async (status) => {
    const { broker, engine, create } = await openConnectorScene();
    const connector = await create();
    const fault = { code: "authentication_failed", message: "No.", hint: "Mend it." } as const;
    await tell(engine, connector, { ...REPORT, status, fault });

    expect((await broker.resumeConnector("shop")).connector).toMatchObject({ state: "active", generation: 1 });
  });

  it("resuming one that has failed makes its owner try anew, and one that works is left alone", async () => {
    const { broker, engine, create } = await openConnectorScene();
    const connector = await create();
    const fault = { code: "slot_lost", message: "It is gone.", hint: "Restart." } as const;
    await tell(engine, connector, { ...REPORT, status: "failed", fault });

    expect((await broker.resumeConnector("shop")).connector).toMatchObject({ state: "active", generation: 1 });
    await engine.owners.unwant(`connectors/${connector.id}`);
    await tell(engine, connector, REPORT);
    expect((await broker.resumeConnector("shop")).connector).toMatchObject({ generation: 1 });
  });

  it("a restart keeps the place, and one with a snapshot throws it away", async () => {
    const { broker, engine, create } = await openConnectorScene();
    const connector = await create();
    await tell(engine, connector, REPORT);

    const again = await broker.restartConnector("shop", {});
    const afresh = await broker.restartConnector("shop", { snapshot: "none" });

    expect(again).toMatchObject({ report: REPORT, connector: { generation: 1, incarnation: 0, snapshot: "initial" } });
    expect(afresh).toEqual({
      connector: { ...connector, generation: 2, incarnation: 1, snapshot: "none" },
      report: null,
      asOfMs: null,
    });
  });

  it("is not undone by what somebody else writes at the same moment", async () => {
    const { broker, engine, create } = await openConnectorScene();
    await create();
    const { put, get } = engine.catalog;
    let rivals = 1;
    engine.catalog.put = async (kind, name, value, expected) => {
      const stored = Object((await get(kind, name))?.value);
      if (rivals-- > 0) await put(kind, name, { ...stored, onOversize: "skip" }, expected);
      return put(kind, name, value, expected);
    };

    expect((await broker.pauseConnector("shop")).connector).toMatchObject({ state: "paused", onOversize: "skip" });
  });
});
