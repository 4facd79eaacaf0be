import fc from "fast-check";
import { expect } from "vitest";
import type { Engine, ReadLimits } from "../../../src/lib/engine/port.ts";
import { isPending } from "../../support/promises.ts";
import type { Check } from "../check.ts";
import { ALL, message, OTHER_TOPIC, SHARD, TOPIC, topicWith } from "../fixtures.ts";

const never = new AbortController().signal;

async function idsFrom({ log }: Engine, from: number, limits: ReadLimits = ALL): Promise<readonly string[]> {
  return (await log.read(SHARD, from, limits)).records.map(({ id }) => id);
}

/** Reads on from `next` until the end, as an owner does. */
async function walk({ log }: Engine, limits: ReadLimits): Promise<readonly string[]> {
  const ids: string[] = [];
  const { start, end } = await log.bounds(SHARD);
  for (let from = start; from < end; ) {
    const { records, next, damaged } = await log.read(SHARD, from, limits);
    expect(next).toBeGreaterThan(from);
    expect(damaged).toEqual([]);
    expect(records.length).toBeLessThanOrEqual(limits.countMax);
    ids.push(...records.map(({ id }) => id));
    from = next;
  }
  return ids;
}

export const readChecks: readonly Check[] = [
  {
    promise: "reading begins at the asked offset and ends at the durable end",
    async run({ engine }) {
      await topicWith(engine, 4);

      expect(await idsFrom(engine, 0)).toEqual(["0", "1", "2", "3"]);
      expect(await idsFrom(engine, 2)).toEqual(["2", "3"]);
      expect(await engine.log.read(SHARD, 4, ALL)).toEqual({ records: [], next: 4, damaged: [] });
    },
  },
  {
    promise: "reading gives at most countMax records, and next is behind the last",
    async run({ engine }) {
      await topicWith(engine, 4);

      expect(await idsFrom(engine, 1, { ...ALL, countMax: 2 })).toEqual(["1", "2"]);
      expect(await engine.log.read(SHARD, 1, { ...ALL, countMax: 2 })).toMatchObject({ next: 3 });
    },
  },
  {
    promise: "reading gives at most bytesMax of payload, but the first record whatever its size",
    async run({ engine }) {
      await engine.log.createTopic(TOPIC);
      await engine.log.append(TOPIC, [message("a", "1234"), message("b", "1234"), message("c", "12345678")]);

      expect(await idsFrom(engine, 0, { ...ALL, bytesMax: 8 })).toEqual(["a", "b"]);
      expect(await idsFrom(engine, 0, { ...ALL, bytesMax: 7 })).toEqual(["a"]);
      expect(await idsFrom(engine, 2, { ...ALL, bytesMax: 1 })).toEqual(["c"]);
    },
  },
  {
    promise: "reading on from next gives every record once and in order, whatever the limits",
    async run({ engine, restart }) {
      const sizes = fc.sample(fc.nat(40), { numRuns: 60, seed: 1 });
      const limits = fc.sample(fc.record({ countMax: fc.integer({ min: 1, max: 30 }), bytesMax: fc.nat(200) }), {
        numRuns: 20,
        seed: 2,
      });
      await engine.log.createTopic(TOPIC);
      for (const [index, size] of sizes.entries()) {
        await engine.log.append(TOPIC, [message(String(index), "x".repeat(size))]);
      }
      const ids = sizes.map((_, index) => String(index));

      for (const limit of limits) expect(await walk(engine, limit)).toEqual(ids);
      const after = await restart();
      await after.log.trim(SHARD, 30);
      for (const limit of limits) expect(await walk(after, limit)).toEqual(ids.slice(30));
    },
  },
  {
    promise: "reading from below the start reads from the start: the gap is a hole",
    async run({ engine }) {
      await topicWith(engine, 5);
      await engine.log.trim(SHARD, 3);

      expect(await idsFrom(engine, 0)).toEqual(["3", "4"]);
      expect(await engine.log.read(SHARD, 1, { ...ALL, countMax: 1 })).toMatchObject({ next: 4, damaged: [] });
      await engine.log.trim(SHARD, 5);
      expect(await engine.log.read(SHARD, 1, ALL)).toMatchObject({ records: [], next: 5, damaged: [] });
    },
  },
  {
    promise: "a new topic is empty and its next record gets offset 0",
    async run({ engine: { log } }) {
      await log.createTopic(TOPIC);

      expect(await log.bounds(SHARD)).toEqual({ start: 0, end: 0 });
      expect(await log.read(SHARD, 0, ALL)).toEqual({ records: [], next: 0, damaged: [] });
    },
  },
  {
    promise: "changed resolves at once when the end is over the offset already",
    async run({ engine }) {
      await topicWith(engine, 2);

      await engine.log.changed(SHARD, 1, never);
    },
  },
  {
    promise: "changed resolves once the end is over the offset, and not before",
    async run({ engine: { log } }) {
      await log.createTopic(TOPIC);
      await log.createTopic(OTHER_TOPIC);
      const waits = [0, 0, 1].map((after) => log.changed(SHARD, after, never));
      await log.append(OTHER_TOPIC, [message("elsewhere")]);
      expect(await Promise.all(waits.map(isPending))).toEqual([true, true, true]);

      await log.append(TOPIC, [message("a")]);
      await Promise.all(waits.slice(0, 2));
      expect(await isPending(Promise.all(waits))).toBe(true);

      await log.append(TOPIC, [message("b")]);
      await Promise.all(waits);
    },
  },
  {
    promise: "changed resolves when its signal aborts, and at once when it has aborted",
    async run({ engine: { log } }) {
      await log.createTopic(TOPIC);
      const stop = new AbortController();
      const waiting = log.changed(SHARD, 0, stop.signal);
      expect(await isPending(waiting)).toBe(true);

      stop.abort();

      await waiting;
      await log.changed(SHARD, 0, stop.signal);
    },
  },
];
