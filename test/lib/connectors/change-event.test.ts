import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { changeEvent, changeId, messageKey, snapshotId } from "../../../src/lib/connectors/change-event.ts";
import { KEY_BYTES_MAX, MESSAGE_ID_PATTERN } from "../../../src/lib/domain/message.ts";

const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ maxLength: 300 }),
  fc.constantFrom("é", " a", "a", "a ", "", '"', ","),
);
const keyOf = fc.integer({ min: 1, max: 3 }).chain((count) => {
  const key = fc.tuple(texts, fc.array(texts, { minLength: count - 1, maxLength: count - 1 }));
  return fc.tuple(key, key);
});

describe("a message key", () => {
  test("is the text of a single column where a header can carry it", () => {
    expect(messageKey(["4711"])).toBe("4711");
    expect(messageKey(["a-1 b"])).toBe("a-1 b");
    expect(messageKey(["x".repeat(KEY_BYTES_MAX)])).toBe("x".repeat(KEY_BYTES_MAX));
  });

  test("of several columns is a JSON array of their texts", () => {
    expect(messageKey(["4711", "é\u007f", ""])).toBe('["4711","\\u00e9\\u007f",""]');
  });

  test("is JSON in ASCII where a header would change the text or cannot carry it", () => {
    expect(messageKey(["Zoë 😀\n"])).toBe('"Zo\\u00eb \\ud83d\\ude00\\n"');
    expect(messageKey([" a"])).toBe('" a"');
    expect(messageKey([""])).toBe('""');
  });

  test("is a hash where it is longer than a key may be", () => {
    expect(messageKey(["x".repeat(KEY_BYTES_MAX + 1)])).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(messageKey([`sha256:${"0".repeat(64)}`])).toBe(`"sha256:${"0".repeat(64)}"`);
  });

  test("of a text that looks like what another text is turned into is not that one's key", () => {
    const long = "x".repeat(KEY_BYTES_MAX + 1);
    const others = ["é", "", " a", long, '"'];

    for (const text of others) {
      const posing = messageKey([text]);
      expect(messageKey([posing])).not.toBe(posing);
    }
  });

  test.prop([keyOf])("differs exactly when the primary key differs, and is one that a message may have", ([a, b]) => {
    const [one, two] = [messageKey([a[0], ...a[1]]), messageKey([b[0], ...b[1]])];

    expect(one).toMatch(/^[ -~]{1,256}$/);
    expect(one).toBe(one.trim());
    expect(one).toBe(messageKey([a[0], ...a[1]]));
    expect(one === two).toBe(JSON.stringify(a) === JSON.stringify(b));
  });
});

test("the ids of changes are message ids, one per place", () => {
  const ids = [
    changeId("00000000016b3748", 0, { isMoved: false }),
    changeId("00000000016b3748", 0, { isMoved: true }),
    changeId("00000000016b3748", 1, { isMoved: false }),
    snapshotId("00000000016b3748", "4711"),
    snapshotId("00000000016b3748", "4712"),
    snapshotId("00000000016b3749", "4711"),
  ];

  for (const id of ids) expect(id).toMatch(MESSAGE_ID_PATTERN);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids[0]).toBe("00000000016b3748-0");
});

test("an event keeps the spelling of its parts", () => {
  const bytes = changeEvent({ before: '{"a":1.10}', after: "null", op: "d", source: '{"x":"ü"}', tsMs: 5 });

  expect(new TextDecoder().decode(bytes)).toBe(
    '{"before":{"a":1.10},"after":null,"op":"d","source":{"x":"ü"},"ts_ms":5}',
  );
});
