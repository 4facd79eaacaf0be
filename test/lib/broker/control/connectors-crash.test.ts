import { describe, expect, it } from "vitest";
import type { Broker } from "../../../../src/lib/broker/broker.ts";
import { memoryEngine } from "../../../../src/lib/engine/memory/engine.ts";
import { memoryStorage } from "../../../../src/lib/engine/memory/storage.ts";
import {
  askedSource,
  CUSTOMERS,
  namesIn,
  ORDERS,
  openConnectorScene,
  REPORT,
  SHOP,
  tell,
} from "../../../support/connector-control.ts";
import { failingAt } from "../../../support/failing-engine.ts";
import { manualClock } from "../../../support/manual-clock.ts";

const WRITES_MAX = 8;
const DELETE = { keepSlot: false, dryRun: false };
const ITEMS = { schema: "public", table: "items" };
const TOPICS = ["topic/cdc_web-shop_customers", "topic/cdc_web-shop_orders"];

/** Where the process ended: before a write took effect, or right after it, when nobody heard of it any more. */
const ENDS = ["for good", "unheard"] as const;

/** A connector that is there already, or none; then another process that dies in the middle of `act`; then the next one. */
async function crashed(
  { begun, act }: { begun: boolean; act: (broker: Broker) => Promise<unknown> },
  { at, how }: { at: number; how: (typeof ENDS)[number] },
) {
  const [clock, storage, source] = [manualClock(), memoryStorage(), askedSource()];
  if (begun) {
    const first = await openConnectorScene({ clock, storage, source });
    await tell(first.engine, await first.create(), REPORT);
    await first.engine.close();
  }
  const engine = failingAt(memoryEngine({ clock, storage }), at, how);
  const dying = await openConnectorScene({ engine, clock, storage, source });
  const answer = await act(dying.broker).then(
    (given) => Object(given).pending ?? "done",
    () => "refused",
  );
  const next = await openConnectorScene({ clock, storage, source });
  await next.broker.start();
  await next.broker.idle();
  return { answer, next, storage };
}

const places = ENDS.flatMap((how) => Array.from({ length: WRITES_MAX }, (_, index) => ({ at: index + 1, how })));

describe("after a crash at any write", () => {
  it.each(places)(
    "creating: there is no half a connector, and the same command works (write $at $how)",
    async (place) => {
      const create = { begun: false, act: (broker: Broker) => broker.createConnector(SHOP) };

      const { answer, next, storage } = await crashed(create, place);

      const listed = (await next.broker.listConnectors()).map(({ connector }) => connector);
      // The document is the last write: the fifth.
      const isThere = place.at > 5 || (place.at === 5 && place.how === "unheard");
      expect({ answer, listed: listed.length }).toEqual({
        answer: place.at > 5 ? "done" : "refused",
        listed: isThere ? 1 : 0,
      });
      if (!isThere) await next.create();
      expect(namesIn(storage)).toEqual(["connector/shop", ...TOPICS]);
      const { connector } = await next.broker.describeConnector("shop");
      for (const { topic, topicId } of connector.tables)
        expect((await next.broker.describeTopic(topic)).topic.id).toBe(topicId);
      await next.broker.stop(0);
    },
  );

  it.each(places)("updating: old or new, and the same command works (write $at $how)", async (place) => {
    const request = { addTables: [ITEMS], removeTables: [CUSTOMERS] };
    const update = { begun: true, act: (broker: Broker) => broker.updateConnector("shop", request) };

    const { answer, next } = await crashed(update, place);

    const { connector } = await next.broker.describeConnector("shop");
    const tables = connector.tables.map(({ table }) => table);
    const isNew = place.at > 3 || (place.at === 3 && place.how === "unheard");
    expect({ answer, tables, generation: connector.generation }).toEqual({
      answer: place.at > 3 ? "done" : "refused",
      tables: isNew ? [ORDERS.table, ITEMS.table] : [ORDERS.table, CUSTOMERS.table],
      generation: isNew ? 1 : 0,
    });
    const again = await next.broker.updateConnector("shop", { addTables: [ITEMS] });
    expect(again.connector.tables).toContainEqual({
      ...ITEMS,
      topic: "cdc_web-shop_items",
      topicId: (await next.broker.describeTopic("cdc_web-shop_items")).topic.id,
    });
    await next.broker.stop(0);
  });

  it.each(places)("deleting: whole or gone, and whoever starts next does the rest (write $at $how)", async (place) => {
    const remove = { begun: true, act: (broker: Broker) => broker.deleteConnector("shop", DELETE) };

    const { answer, next, storage } = await crashed(remove, place);

    const isWhole = place.at === 1 && place.how === "for good";
    expect(answer === "refused").toBe(place.at === 1);
    expect(namesIn(storage)).toEqual(isWhole ? ["connector/shop", ...TOPICS] : TOPICS);
    expect(next.source.removed.length).toBeGreaterThanOrEqual(isWhole ? 0 : 1);
    if (isWhole) expect((await next.broker.describeConnector("shop")).report).toEqual(REPORT);
    else expect([...storage.reports.keys(), ...storage.epochs.keys()]).toEqual([]);
    await next.broker.stop(0);
  });
});

it.each(Array.from({ length: 5 }, (_, index) => index + 1))(
  "a creation whose write %i fails leaves nothing, and the same command works",
  async (at) => {
    const [clock, storage] = [manualClock(), memoryStorage()];
    const engine = failingAt(memoryEngine({ clock, storage }), at, "once");
    const { broker, create } = await openConnectorScene({ engine, clock, storage });
    const before = structuredClone(storage);

    await expect(broker.createConnector(SHOP)).rejects.toMatchObject({ code: "disk_full" });

    expect(storage).toEqual(before);
    expect(await create()).toMatchObject({ name: "shop" });
  },
);
