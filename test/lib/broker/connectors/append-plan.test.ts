import { expect, test } from "vitest";
import { pagesOf, toRepeat, varied } from "../../../../src/lib/broker/connectors/append-plan.ts";
import { bytes } from "../../../support/broker.ts";

const message = (id: string, size = 1, key?: string) => {
  return { id, ...(key !== undefined && { key }), attributes: [], payload: bytes("x".repeat(size)) };
};
const CONFLICT = { kind: "conflict" } as const;
const STORED = { kind: "appended", shard: { topicId: "t", index: 0 }, offset: 0, timeMs: 0 } as const;

test("a page ends at its count and at its bytes, and a message that is larger goes alone", () => {
  const messages = [1, 1, 1, 5, 9, 5, 5, 1].map((size, index) => message(`${index}`, size));

  const pages = pagesOf(messages, { countMax: 2, bytesMax: 8 });

  expect(pages.map((page) => page.map(({ id }) => id).join(""))).toEqual(["01", "23", "4", "5", "67"]);
});

test("no message is no page", () => {
  expect(pagesOf([], { countMax: 2, bytesMax: 8 })).toEqual([]);
});

test("a conflict has what is behind it under its key come again, and only that", () => {
  const messages = [message("a", 1, "1"), message("b", 1, "2"), message("c", 1, "1"), message("d", 1, "2")];

  expect([...toRepeat(messages, [STORED, CONFLICT, STORED, STORED])]).toEqual([1, 3]);
  expect([...toRepeat(messages, [STORED, STORED, STORED, STORED])]).toEqual([]);
});

test("a message without a key concerns every key", () => {
  const messages = [message("a", 1, "1"), message("b", 1, "2"), message("t"), message("c", 1, "3")];

  expect([...toRepeat(messages, [CONFLICT, STORED, STORED, STORED])]).toEqual([0, 2, 3]);
});

test("the other id is made of the bytes", async () => {
  expect((await varied(message("a", 2))).id).toMatch(/^a-[0-9a-f]{8}$/);
  expect((await varied(message("a", 2))).id).toBe((await varied(message("a", 2))).id);
  expect((await varied(message("a", 2))).id).not.toBe((await varied(message("a", 3))).id);
});
