import { expect, test } from "vitest";
import { checkName, conflictKey, nameProblem } from "../../../src/lib/domain/names.ts";

test.each([
  { kind: "topic", name: "orders.v1_eu-west", ok: true },
  { kind: "topic", name: "a".repeat(200), ok: true },
  { kind: "topic", name: "a".repeat(201), ok: false },
  { kind: "subscription", name: "a".repeat(190), ok: true },
  { kind: "subscription", name: "a".repeat(191), ok: false },
  { kind: "topic", name: "", ok: false },
  { kind: "topic", name: ".", ok: false },
  { kind: "topic", name: "..", ok: false },
  { kind: "topic", name: "ordérs", ok: false },
  { kind: "topic", name: "a/b", ok: false },
  { kind: "topic", name: "__kbroker_x", ok: false },
  { kind: "subscription", name: "billing_errors", ok: false },
] as const)("$kind name $name: ok is $ok", ({ kind, name, ok }) => {
  expect(nameProblem(kind, name) === undefined).toBe(ok);
});

test("a bad name fails with its reason", () => {
  expect(() => checkName("topic", "a b")).toThrow('only letters, digits, ".", "_" and "-"');
});

test("names that differ only in dots and underscores conflict", () => {
  expect(conflictKey("a.b_c")).toBe(conflictKey("a_b.c"));
  expect(conflictKey("a-b")).not.toBe(conflictKey("a_b"));
});
