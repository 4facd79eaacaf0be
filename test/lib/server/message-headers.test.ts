import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { KBrokerError } from "../../../src/lib/domain/error.ts";
import { messageHeaders } from "../../../src/lib/server/message-headers.ts";

test("names are read whatever their case, and every other header is left alone", () => {
  const read = messageHeaders(
    ["X-KB-MESSAGEID", "o-1", "x-Kb-key", "k", "TraceParent", "00-1", "X-KB-Attr-A", "", "Cookie", "c"].concat([
      ...["X-KB-Topic", "t"],
      ...["Authorization", "Bearer x"],
    ]),
  );

  expect(read).toEqual({
    ...{ id: "o-1", key: "k" },
    attributes: [
      ["traceparent", "00-1"],
      ["x-kb-attr-a", ""],
    ],
  });
});

test.each([
  ["an empty id", ["X-KB-MessageID", ""], "X-KB-MessageID"],
  ["an id with a space", ["X-KB-MessageID", "a b"], "X-KB-MessageID"],
  ["an id with a line break at its end", ["X-KB-MessageID", "a\n"], "X-KB-MessageID"],
  ["an id of 129", ["X-KB-MessageID", "a".repeat(129)], "X-KB-MessageID"],
  ["an id twice", ["X-KB-MessageID", "a", "x-kb-messageid", "a"], "X-KB-MessageID"],
  ["an empty key", ["X-KB-Key", ""], "X-KB-Key"],
  ["a key of 257", ["X-KB-Key", "k".repeat(257)], "X-KB-Key"],
  ["a key with a byte over 0x7E", ["X-KB-Key", "caf\u00e9"], "X-KB-Key"],
  ["a key with a tab", ["X-KB-Key", "a\tb"], "X-KB-Key"],
  ["a key twice", ["X-KB-Key", "a", "X-KB-Key", "b"], "X-KB-Key"],
  ["an attribute twice", ["Source", "a", "source", "a"], "source"],
  ["an attribute without a name", ["X-KB-Attr-", "a"], "x-kb-attr-"],
])("%s is refused by the header's name", (_what, headers, name) => {
  expect(() => messageHeaders(headers)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  expect(() => messageHeaders(headers)).toThrow(name);
});

const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
const name = fc.constantFrom("X-KB-Key", "X-KB-MessageID", "Event-Type", "X-KB-Attr-a", "x-kb-attr-", "Host", "Cookie");

property.prop([fc.array(fc.tuple(name, latin1), { maxLength: 8 })])(
  "whatever the headers hold: what is read is valid, or the refusal is the caller's",
  (headers) => {
    let read: ReturnType<typeof messageHeaders>;
    try {
      read = messageHeaders(headers.flat());
    } catch (error) {
      expect(error).toBeInstanceOf(KBrokerError);
      return;
    }

    const sent = new Set(headers.map(([each, value]) => `${each.toLowerCase()}=${value}`));
    expect(read.id ?? "x").toMatch(/^[A-Za-z0-9_:-]{1,128}$/);
    expect(read.key ?? "x").toMatch(/^[ -~]{1,256}$/);
    for (const [each, value] of read.attributes) expect(sent).toContain(`${each}=${value}`);
  },
);
