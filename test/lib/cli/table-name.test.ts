import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { parseTableName, tableNameText } from "../../../src/lib/cli/table-name.ts";

test.each([
  ["orders", { schema: "public", table: "orders" }],
  ["sales.Orders", { schema: "sales", table: "Orders" }],
  ['"my.sales"."an ""order"""', { schema: "my.sales", table: 'an "order"' }],
])("%s is a table", (text, table) => {
  expect(parseTableName(text)).toEqual(table);
});

test.each(["", "a.b.c", ".orders", "public.", '"orders', "my orders", '""'])("%j is none", (text) => {
  expect(() => parseTableName(text)).toThrow(/is not the name of a table/);
});

const names = fc.oneof(
  fc.string({ unit: "binary", minLength: 1 }),
  fc.string({ unit: fc.constantFrom('"', ".", " ", "a", "Ü"), minLength: 1 }),
);

property.prop({ schema: names, table: names })("a table that is written is read back as it was", (table) => {
  expect(parseTableName(tableNameText(table))).toEqual(table);
});
