import { describe, expect, it } from "vitest";
import { SourceError } from "../../../../src/lib/connectors/port.ts";
import { connectorResource } from "../../../../src/lib/domain/connector.ts";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";
import { openConnectorScene, REPORT, SHOP, tell, UNREACHABLE } from "../../../support/connector-control.ts";
import { settle } from "../../../support/manual-clock.ts";

const DELETE = { keepSlot: false, dryRun: false };
const KEEP = { keepSlot: true, dryRun: false };
const PLAIN = { cascade: false, purgeErrors: false, dryRun: false };
const TOPICS = ["topic/cdc_web-shop_customers", "topic/cdc_web-shop_orders"];
const AGAIN = "log error What a deleted connector has left in its database is not removed yet; it is tried again.";

describe("deleting a connector", () => {
  it("removes slot, publication, report and itself, and keeps its topics", async () => {
    const { broker, engine, create, source, names } = await openConnectorScene();
    const connector = await create();
    await tell(engine, connector, REPORT);

    const deleted = await broker.deleteConnector("shop", DELETE);

    expect(deleted).toEqual({
      ...{ name: "shop", id: connector.id, slot: connector.slot, publication: connector.publication },
      ...{ slotKept: false, publicationKept: false, pending: null },
      topics: ["cdc_web-shop_orders", "cdc_web-shop_customers"],
    });
    expect(source.removed).toMatchObject([{ slot: connector.slot, ownsPublication: true }]);
    expect(names()).toEqual(TOPICS);
    expect(await engine.reports.read(connectorResource(connector))).toBeUndefined();
    await expect(broker.deleteConnector("shop", DELETE)).rejects.toMatchObject({ code: "connector_not_found" });
  });

  it("a dry run says what would go, and changes nothing", async () => {
    const { broker, create, source, storage } = await openConnectorScene();
    await create({ publication: "theirs" });
    const before = structuredClone(storage);

    const said = await broker.deleteConnector("shop", { ...DELETE, dryRun: true });

    expect(said).toMatchObject({ slotKept: false, publicationKept: true, publication: "theirs", pending: null });
    expect(storage).toEqual(before);
    expect(source.removed).toEqual([]);
  });

  it.each([true, false])(
    "is refused while the database cannot be reached, with the way out (dry run: %s)",
    async (dryRun) => {
      const { broker, create, source, storage } = await openConnectorScene();
      const { slot } = await create();
      source.answers.down = true;
      const before = structuredClone(storage);

      await expect(broker.deleteConnector("shop", { ...DELETE, dryRun })).rejects.toMatchObject({
        code: "source_failed",
        message: `The slot "${slot}" cannot be removed: Nobody answers. Nothing was deleted.`,
        hint: "kbroker connector delete shop --keep-slot",
      });

      expect(storage).toEqual(before);
    },
  );

  it("--keep-slot asks no database", async () => {
    const { broker, create, source, names } = await openConnectorScene();
    await create();
    source.answers.down = true;

    const deleted = await broker.deleteConnector("shop", KEEP);

    expect(deleted).toMatchObject({ slotKept: true, publicationKept: true, pending: null });
    expect([source.removed, names()]).toEqual([[], TOPICS]);
  });

  it("whose slot is lost already is no different", async () => {
    const { broker, create, source, names } = await openConnectorScene();
    await create();
    source.measure = async () => {
      throw new SourceError({ code: "slot_lost", message: "It is gone.", hint: "Restart." });
    };

    expect(await broker.deleteConnector("shop", DELETE)).toMatchObject({ pending: null });

    expect(names()).toEqual(TOPICS);
  });

  it("waits for its owner to let go before the database is asked to remove anything", async () => {
    const { broker, engine, create, source } = await openConnectorScene();
    const connector = await create();
    const order: string[] = [];
    const { remove } = source;
    source.remove = async (settings) => {
      order.push("remove");
      await remove(settings);
    };
    engine.owners.handle({
      acquired: async () => {},
      released: async () => {
        await settle();
        order.push("released");
      },
      lost: () => {},
    });
    await engine.owners.want(connectorResource(connector));

    await broker.deleteConnector("shop", DELETE);

    expect(order).toEqual(["released", "remove"]);
  });
});

describe("a deletion whose slot cannot be removed yet", () => {
  async function pendingScene() {
    const scene = await openConnectorScene();
    const connector = await scene.create();
    await scene.broker.start();
    scene.source.answers.meanwhile = async () => {
      scene.source.answers.down = true;
    };
    const deleted = await scene.broker.deleteConnector("shop", DELETE);
    scene.source.answers.meanwhile = async () => {};
    return { ...scene, connector, deleted };
  }

  it("says so, in the log too, and the connector is gone to everybody", async () => {
    const { broker, deleted, names, notes } = await pendingScene();

    expect(deleted).toMatchObject({ slotKept: false, pending: UNREACHABLE.message });
    expect(notes.lines).toContain(AGAIN);
    expect(await broker.listConnectors()).toEqual([]);
    await expect(broker.describeConnector("shop")).rejects.toMatchObject({
      code: "connector_not_found",
      message: expect.stringMatching(/was deleted; its replication slot ".*" is still to be removed/),
    });
    expect(names()).toEqual(["connector/shop", ...TOPICS]);
    expect(await broker.deleteTopic("cdc_web-shop_orders", PLAIN)).toMatchObject({ messages: 0 });
  });

  it("keeps the name taken, and says why", async () => {
    const { broker, storage } = await pendingScene();
    const before = structuredClone(storage);

    const created = broker.createConnector(SHOP);

    await expect(created).rejects.toMatchObject({ code: "connector_exists" });
    await expect(created).rejects.toThrow(/was deleted, and its replication slot ".*" is still to be removed/);
    expect(storage).toEqual(before);
  });

  it("is tried again each minute until it is done", async () => {
    const { broker, clock, source, names, notes } = await pendingScene();
    const tries = () => notes.lines.filter((line) => line === AGAIN).length;

    await clock.advance(60_000);
    await broker.idle();
    const after = tries();
    source.answers.down = false;
    await clock.advance(60_000);
    await broker.idle();

    expect(after).toBe(2);
    expect(source.removed).toHaveLength(1);
    expect(names()).toEqual(TOPICS);
    await broker.stop(0);
  });

  it("is tried again by whoever starts next", async () => {
    const { broker, clock, storage, source } = await pendingScene();
    await broker.stop(0);
    source.answers.down = false;

    const next = await openConnectorScene({ clock, storage, source });
    await next.broker.start();
    await next.broker.idle();

    expect(next.names()).toEqual(TOPICS);
    await next.broker.stop(0);
  });

  it("can be asked for at once, or the slot given up", async () => {
    const { broker, source, names } = await pendingScene();

    const stillDown = await broker.deleteConnector("shop", DELETE);
    const said = await broker.deleteConnector("shop", { ...KEEP, dryRun: true });
    const given = await broker.deleteConnector("shop", KEEP);

    expect(stillDown).toMatchObject({ pending: UNREACHABLE.message });
    expect(said).toMatchObject({ pending: UNREACHABLE.message });
    expect(given).toMatchObject({ slotKept: true, pending: null });
    expect([source.removed, names()]).toEqual([[], TOPICS]);
    await broker.stop(0);
  });

  it("holds up no other change while the database does not answer", async () => {
    const { broker, clock, source } = await pendingScene();
    let answer: (error: unknown) => void = () => {};
    source.remove = () =>
      new Promise((_, reject) => {
        answer = reject;
      });
    await clock.advance(60_000);

    expect(await broker.createTopic({ name: "orders", visibility: "private" })).toMatchObject({ messages: 0 });

    answer(new SourceError(UNREACHABLE));
    await broker.stop(0);
  });

  it("does not keep the broker from stopping, and touches the engine no more", async () => {
    const { broker, clock, source, engine, names } = await pendingScene();
    let answer = () => {};
    source.remove = () =>
      new Promise((resolve) => {
        answer = () => resolve();
      });
    await clock.advance(60_000);

    await broker.stop(0);
    engine.catalog.delete = () => Promise.reject(new Error("It is closed."));
    answer();
    await settle();

    expect(names()).toContain("connector/shop");
  });

  it("asks eight databases at a time, and begins with no more of them once the broker stops", async () => {
    const { broker, clock, source, engine, create } = await openConnectorScene();
    source.answers.meanwhile = async () => {
      source.answers.down = true;
    };
    for (let index = 0; index < 10; index += 1) {
      await create({ name: `c${index}`, tables: [{ schema: "public", table: `t${index}` }] });
      source.answers.down = false;
      await broker.deleteConnector(`c${index}`, DELETE);
    }
    const asked: string[] = [];
    source.remove = ({ slot }) => {
      asked.push(slot);
      return new Promise(() => {});
    };

    await broker.start();
    await clock.advance(60_000);
    const atOnce = asked.length;
    const unwanted: string[] = [];
    engine.owners.unwant = async (resource) => void unwanted.push(resource);
    await broker.stop(0);
    await settle();

    expect([atOnce, asked.length, unwanted]).toEqual([8, 8, []]);
  });

  it("does not show outside what went wrong inside", async () => {
    const { broker, engine, create } = await openConnectorScene();
    await create();
    engine.cursors.forget = () => Promise.reject(new Error("secret path"));

    const inside = await broker.deleteConnector("shop", DELETE);
    engine.cursors.forget = () => Promise.reject(new KBrokerError("disk_full", "No room left."));
    const known = await broker.deleteConnector("shop", DELETE);

    expect([inside.pending, known.pending]).toEqual([
      "Something failed inside the broker; its log says what.",
      "No room left.",
    ]);
  });
});

describe("deleting a topic that a connector writes to", () => {
  it("is refused with the way out, also with --cascade, and changes nothing", async () => {
    const { broker, create, storage } = await openConnectorScene();
    await create();
    await create({ name: "other", tables: [{ schema: "x", table: "y" }] });
    const before = structuredClone(storage);

    await expect(broker.deleteTopic("cdc_web-shop_orders", { ...PLAIN, cascade: true })).rejects.toMatchObject({
      code: "topic_in_use",
      message: 'The connector "shop" writes to the topic "cdc_web-shop_orders".',
      hint: "kbroker connector update shop --remove-table public.orders",
    });
    await expect(broker.deleteTopic("cdc_web-shop_x.y", PLAIN)).rejects.toMatchObject({
      hint: "kbroker connector delete other",
    });

    expect(storage).toEqual(before);
  });
});
