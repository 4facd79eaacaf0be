import { expect, test } from "vitest";
import { createTailMemory } from "../../../../src/lib/engine/embedded/journal/tail.ts";
import { topicLog } from "../../../../src/lib/engine/embedded/topic-log.ts";

const record = (offset: number, payload: Uint8Array) => ({
  id: `${offset}`,
  attributes: [],
  payload,
  offset,
  timeMs: 0,
});

test("the newest records are kept, of all topics together no more than the limit", () => {
  const topics = ["a", "b", "c"].map((id) => topicLog(id, { start: 0, end: 0, lastTimeMs: 0, accounted: 0 }));
  const tail = createTailMemory(100_000);

  for (let offset = 0; offset < 2_000; offset += 1)
    for (const topic of topics) tail.push(topic, record(offset, Buffer.alloc(100)));

  const kept = topics.map((topic) => topic.tail.slice(topic.tailHead));
  const bytes = kept.flat().reduce((sum, each) => sum + (each?.payload.length ?? 0), 0);
  expect(bytes).toBeLessThan(100_000);
  expect(bytes).toBeGreaterThan(20_000);
  for (const [index, topic] of topics.entries()) {
    expect(kept[index]?.at(-1)?.offset).toBe(1_999);
    expect(topic.tail.filter((each) => each !== undefined)).toHaveLength(kept[index]?.length ?? 0);
    expect(topic.tail.length).toBeLessThan(2 * (kept[index]?.length ?? 0) + 130);
  }
});

test("a payload that is a small part of a large buffer does not keep all of it alive", () => {
  const topic = topicLog("a", { start: 0, end: 0, lastTimeMs: 0, accounted: 0 });
  const received = Buffer.alloc(65_536, 7);

  createTailMemory(1_000_000).push(topic, record(0, received.subarray(10, 20)));

  const [kept] = topic.tail;
  expect(kept?.payload.buffer.byteLength).toBe(10);
  expect(Buffer.from(kept?.payload ?? [])).toEqual(Buffer.alloc(10, 7));
});
