import { fc, test } from "@fast-check/vitest";
import { afterAll, beforeAll, expect } from "vitest";
import { batchLineReply } from "../../src/lib/api/message.ts";
import { type MemoryStorage, memoryStorage } from "../../src/lib/engine/memory/storage.ts";
import type { Server } from "../../src/lib/server/server.ts";
import { openTestBroker, type TestBroker } from "../support/broker.ts";
import { serverOf } from "../support/server.ts";
import { exchange, type RawReply } from "./raw-http.ts";

const storage: MemoryStorage = memoryStorage();
let tested: TestBroker;
let server: Server;

beforeAll(async () => {
  tested = await openTestBroker({ storage });
  await tested.broker.createTopic({ name: "orders", visibility: "private" });
  server = await serverOf(tested.broker);
});

afterAll(async () => {
  await server.close();
  await tested.broker.stop(0);
});

const encode = (text: string) => new TextEncoder().encode(text);
const stored = () => [...storage.topics.values()][0]?.shards[0]?.records ?? [];

async function send(body: Uint8Array): Promise<RawReply> {
  const reply = await exchange(Number(new URL(server.url).port), { path: "/publish/orders/batch", body });
  if (reply === undefined) throw new Error("The connection was closed without an answer.");
  expect(reply.status, reply.text).toBeLessThan(500);
  return reply;
}

function resultsOf({ text }: RawReply) {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => batchLineReply.parse(JSON.parse(line)));
}

const space = fc.stringMatching(/^[ \t\r]{0,2}$/);
/** Spellings that a parser and a writer would not give back: equal keys, escapes, numbers, white space. */
const payload = fc.oneof(
  fc.json({ depthSize: "medium" }),
  fc
    .tuple(space, fc.json(), space, fc.json())
    .map(([a, one, b, two]) => `{"a":${a}${one}${b},"a":${two},"\\u0061" : 1.50}`),
  fc.constantFrom(
    '"\\ud834\\udd1e\\/\\n}"',
    "-0.0E-0",
    '"{\\"payload\\":[1"',
    '"\\\\"',
    "[[],{},[ ]]",
    '"\u2028𝄞"',
    "1e400",
  ),
);
const beside = fc.constantFrom(
  "",
  '"key":"}k\\\\",',
  '"attributes":{"source":"\\"payload\\":2"},',
  '"id":"\\u0061-1",',
);
const goodLine = fc
  .tuple(space, space, beside, payload, space, fc.boolean())
  .map(([before, after, other, text, end, first]) => {
    const member = `${before}"payload"${after}:${after}${text}`;
    const rest = other.slice(0, -1);
    const members = first && rest !== "" ? `${member}${end},${rest}` : `${other}${member}`;
    return { line: encode(`${before}{${members}${end}}${end}`), payload: text };
  });
const badLine = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 100 }),
    goodLine.map(({ line }) => line.subarray(0, -2)),
    fc.tuple(goodLine, fc.nat(), fc.nat(255)).map(([{ line }, place, byte]) => {
      const at = place % line.length;
      return Uint8Array.from([...line.subarray(0, at), byte, ...line.subarray(at)]);
    }),
    fc.constantFrom("{}", '{"payload":1,"payload":2}', '{"payload":"x","id":"\u00e4"}', '{"payload":1}}').map(encode),
  )
  .map((line) => ({ line: line.filter((byte) => byte !== 0x0a), payload: undefined }));
const blankLine = space.map((text) => ({ line: encode(text), payload: undefined }));

const isBlank = (line: Uint8Array) => line.every((byte) => [0x20, 0x09, 0x0d].includes(byte));

test.prop([fc.array(fc.oneof(goodLine, badLine, blankLine), { maxLength: 12 }), fc.boolean()], { numRuns: 400 })(
  "each line that holds a message is stored as the slice that its payload is, whatever stands around it",
  async (lines, ended) => {
    const before = stored().length;
    const body = Buffer.concat(
      lines.flatMap(({ line }, at) => [line, encode(at < lines.length - 1 || ended ? "\n" : "")]),
    );
    const full = lines.flatMap(({ line }, at) => (isBlank(line) ? [] : [at + 1]));

    const reply = await send(body);

    expect(reply.status).toBe(full.length === 0 ? 400 : 200);
    if (full.length === 0) return;
    const results = resultsOf(reply);
    expect(results.map(({ line }) => line)).toEqual(full);
    const kept = stored().slice(before);
    const fresh = results.filter((result) => !("error" in result) && !result.duplicate);
    expect(kept).toHaveLength(fresh.length);
    for (const [index, { line }] of fresh.entries()) {
      const { payload } = lines[line - 1] ?? {};
      if (payload !== undefined) expect(Buffer.from(kept[index]?.payload ?? []).toString()).toBe(payload);
    }
    const refused = results.filter((result) => "error" in result && result.error.code !== "message_id_conflict");
    for (const { line } of refused) expect(lines[line - 1]?.payload, reply.text).toBeUndefined();
  },
);

test.prop([fc.uint8Array({ maxLength: 400 })], { numRuns: 200 })(
  "whatever bytes a batch is, the broker answers, and stores no more than it says",
  async (bytes) => {
    const before = stored().length;

    const reply = await send(bytes);

    const told = reply.status === 200 ? resultsOf(reply).filter((result) => !("error" in result)).length : 0;
    expect(stored().length - before).toBe(told);
  },
);

test("a huge line is that line's error, and the others are stored", async () => {
  const before = stored().length;
  const huge = `{"payload":"${"x".repeat(600_000)}"}`;
  const deep = `{"payload":${"[".repeat(200_000)}`;

  const results = resultsOf(await send(encode(['{"payload":1}', huge, deep, '{"payload":2}'].join("\n"))));

  expect(results.map((result) => ("error" in result ? result.error.code : "stored"))).toEqual([
    ...["stored", "payload_too_large", "invalid_json", "stored"],
  ]);
  expect(stored()).toHaveLength(before + 2);
});

test("invalid UTF-8 in one line is that line's error, and the others are stored", async () => {
  const line = encode('{"payload":"x"}');
  const broken = line.with(12, 0xc3);

  const results = resultsOf(await send(Buffer.concat([line, encode("\n"), broken, encode("\n"), line])));

  expect(results.map((result) => ("error" in result ? result.error.code : "stored"))).toEqual([
    ...["stored", "invalid_json", "stored"],
  ]);
});
