import { expect, test } from "vitest";
import { nearest } from "../../../src/lib/domain/nearest.ts";

test.each([
  { word: "oders", candidates: ["orders", "billing"], found: "orders" },
  { word: "ordres", candidates: ["orders", "order-lines"], found: "orders" },
  { word: "ORDERS", candidates: ["orders"], found: "orders" },
  { word: "xyz", candidates: ["orders"], found: undefined },
  { word: "orders", candidates: [], found: undefined },
])("nearest to $word is $found", ({ word, candidates, found }) => {
  expect(nearest(word, candidates)).toBe(found);
});
