import { expect, it } from "vitest";
import { slotName } from "../../../src/lib/domain/connector-names.ts";

const ID = "0190aaaa-bbbb-7ccc-8ddd-0123456789ab";

it("names a slot after its connector, with what a slot's name may have", () => {
  expect(slotName({ name: "Shop-orders.v2", id: ID })).toBe("kbroker_shop_orders_v2_456789ab");
});

it("is never longer than an identifier of the database, which would be cut", () => {
  const name = "a".repeat(190);

  expect(slotName({ name, id: ID })).toHaveLength(63);
  expect(slotName({ name, id: ID })).toMatch(/_456789ab$/);
});

it("two connectors of one name that were created within the same minute have slots of their own", () => {
  const later = "0190aaaa-bbbc-7ccc-8ddd-ba9876543210";

  expect(slotName({ name: "shop", id: later })).not.toBe(slotName({ name: "shop", id: ID }));
});
