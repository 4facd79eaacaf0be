import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { type DeadLetterInfo, deadLetterOf, readDeadLetter } from "../../../src/lib/domain/dead-letter.ts";
import type { Message } from "../../../src/lib/domain/message.ts";

const info: DeadLetterInfo = {
  reason: "answered 500",
  errorClass: "answered",
  status: 500,
  attempts: 3,
  subscription: "billing",
  sourceTopic: "orders",
  source: { shard: 2, offset: 41 },
  publishTimeMs: 1_000,
  firstFailureMs: 2_000,
  failedMs: 3_000,
  redriveCount: 0,
  redrivenFrom: null,
};
const message: Message = {
  id: "o-1",
  key: "k",
  attributes: [["event-type", "created"]],
  payload: new Uint8Array([123]),
};

test("a dead letter is the message with the reason beside it", () => {
  const letter = deadLetterOf(message, info);

  expect(letter).toMatchObject({ id: "o-1", key: "k", payload: message.payload });
  expect(Object.fromEntries(letter.attributes)).toEqual({
    "event-type": "created",
    "error-reason": "answered 500",
    "error-class": "answered",
    "error-status": "500",
    "delivery-attempts": "3",
    "source-subscription": "billing",
    "source-topic": "orders",
    "source-position": "2:41",
    "source-publish-time": "1970-01-01T00:00:01.000Z",
    "first-failure-timestamp": "1970-01-01T00:00:02.000Z",
    "failure-timestamp": "1970-01-01T00:00:03.000Z",
  });
});

test("a failure without an answer has no status", () => {
  const letter = deadLetterOf(message, { ...info, status: null });

  expect(letter.attributes.map(([name]) => name)).not.toContain("error-status");
  expect(readDeadLetter(letter)?.info.status).toBeNull();
});

test("a reason is cut to printable ASCII of bounded length", () => {
  const letter = deadLetterOf(message, { ...info, reason: `é\n${"x".repeat(2_000)}` });

  const reason = readDeadLetter(letter)?.info.reason;
  expect(reason).toMatch(/^\?\?x+\.\.\.$/);
  expect(reason).toHaveLength(1_000);
});

test("a message that no subscription gave up on is no dead letter", () => {
  expect(readDeadLetter(message)).toBeUndefined();
  expect(readDeadLetter({ attributes: [["error-reason", "of somebody else"]] })).toBeUndefined();
});

const name = fc.constantFrom(
  "error-reason",
  "source-position",
  "original-error-reason",
  "event-type",
  "original-x",
  "x",
);
const attributes = fc.uniqueArray(
  fc.tuple(
    fc.tuple(fc.constantFrom("", "x-kb-attr-"), name).map((parts) => parts.join("")),
    fc.string(),
  ),
  { selector: ([each]) => each },
);

property.prop([attributes, fc.integer({ min: 1, max: 3 })])(
  "attributes named like ours survive, however often their message dies",
  (given, deaths) => {
    let letter: Message = { ...message, attributes: given };
    for (let death = 1; death <= deaths; death += 1) letter = deadLetterOf(letter, { ...info, attempts: death });

    expect(new Set(letter.attributes.map(([each]) => each)).size).toBe(letter.attributes.length);
    for (let death = deaths; death >= 1; death -= 1) {
      const read = readDeadLetter(letter);
      expect(read?.info).toEqual({ ...info, attempts: death });
      letter = { ...letter, attributes: read?.attributes ?? [] };
    }
    expect(letter.attributes).toEqual(given);
  },
);

property.prop([attributes])("no two attributes of a dead letter travel under one header", (given) => {
  const letter = deadLetterOf(
    { ...message, attributes: given.filter(([each]) => each.startsWith("x-kb-attr-")) },
    info,
  );

  const headers = letter.attributes.map(([each]) => each.replace(/^x-kb-attr-/, ""));
  expect(new Set(headers).size).toBe(headers.length);
});
