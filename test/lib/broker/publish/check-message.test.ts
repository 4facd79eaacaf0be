import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { checkMessage } from "../../../../src/lib/broker/publish/check-message.ts";
import type { Attribute } from "../../../../src/lib/domain/message.ts";
import { bytes, openTestBroker } from "../../../support/broker.ts";

const message = { topic: "orders", attributes: [], payload: bytes("1") };
const attributes = (count: number, value = ""): readonly Attribute[] =>
  Array.from({ length: count }, (_, index) => [`a${index}`, value]);

describe("takes what is just within the limits", () => {
  it.each([
    ["an id of 128", { id: `a:-_${"9".repeat(124)}` }],
    ["a key of 256 bytes", { key: `~ ${"k".repeat(254)}` }],
    ["32 attributes", { attributes: attributes(32) }],
    ["8 192 bytes of attributes", { attributes: [["n".repeat(192), "v".repeat(8_000)] as const] }],
    ["65 536 bytes", { payload: new Uint8Array(65_536) }],
  ])("%s", (_what, part) => {
    expect(() => checkMessage({ ...message, ...part })).not.toThrow();
  });
});

describe("refuses what is over", () => {
  it.each([
    ["an empty id", { id: "" }],
    ["an id of 129", { id: "a".repeat(129) }],
    ["an id with a space", { id: "a b" }],
    ["an id with a line end", { id: "a\n" }],
    ["an empty key", { key: "" }],
    ["a key of 257 bytes", { key: "k".repeat(257) }],
    ["a key with an umlaut", { key: "ü" }],
    ["a key with a line end", { key: "k\n" }],
    ["33 attributes", { attributes: attributes(33) }],
    ["8 193 bytes of attributes", { attributes: [["n".repeat(193), "v".repeat(8_000)] as const] }],
    ["a value with a control character", { attributes: [["a", "\u0000"] as const] }],
    ["a value with a line end, which would be another header", { attributes: [["a", "b\r\nc: d"] as const] }],
    ["a name with a colon", { attributes: [["a:b", "c"] as const] }],
    ["a name in capitals", { attributes: [["A", "c"] as const] }],
    ["an empty name", { attributes: [["", "c"] as const] }],
  ])("%s", (_what, part) => {
    expect(() => checkMessage({ ...message, ...part })).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });

  it("65 537 bytes", () => {
    expect(() => checkMessage({ ...message, payload: new Uint8Array(65_537) })).toThrow(
      expect.objectContaining({ code: "payload_too_large" }),
    );
  });
});

const anything = fc.record({
  topic: fc.constantFrom("orders", "nope", "billing_errors", "news"),
  id: fc.option(fc.oneof(fc.string(), fc.constant("fine")), { nil: undefined }),
  key: fc.option(fc.string({ unit: "binary" }), { nil: undefined }),
  attributes: fc.array(fc.tuple(fc.constantFrom("a", "b", "ü", ""), fc.string({ unit: "binary" })), { maxLength: 34 }),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.json({ maxDepth: 2 }).map(bytes),
    fc.constant(new Uint8Array(70_000)),
  ),
});

test.prop([anything])("whatever comes, a refusal changes nothing and is no internal error", async (part) => {
  const { broker, storage } = await openTestBroker();
  await broker.createTopic({ name: "orders", visibility: "private" });
  await broker.createTopic({ name: "news", visibility: "public" });
  await broker.createSubscription({ name: "billing", topic: "orders", endpoint: "http://127.0.0.1:9000/" });
  const before = structuredClone(storage);
  const { id, key, ...rest } = part;
  const request = { ...rest, ...(id === undefined ? {} : { id }), ...(key === undefined ? {} : { key }) };

  const refusal: unknown = await broker.publish(request).then(
    () => undefined,
    (error: unknown) => error,
  );

  if (refusal === undefined) return;
  expect(refusal).toHaveProperty("code");
  expect(refusal).not.toMatchObject({ code: "internal" });
  expect(storage).toEqual(before);
});
