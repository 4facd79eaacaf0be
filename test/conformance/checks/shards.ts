import { expect } from "vitest";
import type { Message } from "../../../src/lib/domain/message.ts";
import type { Appended, Engine, Shard, ShardCursor } from "../../../src/lib/engine/port.ts";
import { isPending } from "../../support/promises.ts";
import { type Check, SHARDS } from "../check.ts";
import { ALL, byOffset, cursor, entry, message, own, ownTwice, SUBSCRIPTION, TOPIC } from "../fixtures.ts";

const KEYS = Array.from({ length: 12 }, (_, index) => `key-${index}`);
const EVERY_SHARD: readonly Shard[] = Array.from({ length: SHARDS }, (_, index) => ({ topicId: TOPIC, index }));

const keyed = (key: string, id: string): Message => ({ ...message(id), key });

/** A topic in which no shard is empty: a message a key, then one more of each. Gives the shards by how much they hold. */
async function filled({ log }: Engine): Promise<readonly Shard[]> {
  await log.createTopic(TOPIC);
  for (const round of ["a", "b"]) {
    await log.append(
      TOPIC,
      KEYS.map((key) => keyed(key, `${key}-${round}`)),
    );
  }
  const ends = await Promise.all(EVERY_SHARD.map(async (shard) => ({ shard, ...(await log.bounds(shard)) })));
  const used = ends.filter(({ end }) => end > 0).sort((a, b) => b.end - a.end);
  expect(used.length).toBeGreaterThan(1);
  return used.map(({ shard }) => shard);
}

async function recordsIn({ log }: Engine): Promise<ReadonlyMap<number, readonly Message[]>> {
  const read = EVERY_SHARD.map(async (shard) => [shard.index, (await log.read(shard, 0, ALL)).records] as const);
  return new Map(await Promise.all(read));
}

const placeOf = (result: Appended | undefined) => {
  if (result?.kind !== "appended") throw new Error(`The record was not appended: ${result?.kind}.`);
  return { index: result.shard.index, offset: result.offset };
};

export const shardChecks: readonly Check[] = [
  {
    promise: "a topic has its shards from 0 on, all empty, and the same ones after a restart",
    needs: "shards",
    async run({ engine, restart }) {
      await engine.log.createTopic(TOPIC);

      expect(await engine.log.shards(TOPIC)).toEqual(EVERY_SHARD);
      for (const shard of EVERY_SHARD) expect(await engine.log.bounds(shard)).toEqual({ start: 0, end: 0 });
      expect(await (await restart()).log.shards(TOPIC)).toEqual(EVERY_SHARD);
    },
  },
  {
    promise: "all messages of one key lie in one shard, in the order of their appends, whatever their ids",
    needs: "shards",
    async run({ engine, restart }) {
      await filled(engine);
      const after = await restart();
      await after.log.append(
        TOPIC,
        KEYS.map((key) => keyed(key, `${key}-c`)),
      );

      const shards = [...(await recordsIn(after)).values()];
      for (const key of KEYS) {
        const where = shards.filter((records) => records.some((record) => record.key === key));
        const ids = where.flat().filter((record) => record.key === key);
        expect(where).toHaveLength(1);
        expect(ids.map(({ id }) => id)).toEqual(["a", "b", "c"].map((round) => `${key}-${round}`));
      }
    },
  },
  {
    promise: "messages without a key are spread by their id: one id lies in one shard",
    needs: "shards",
    async run({ engine: { log } }) {
      await log.createTopic(TOPIC);
      const ids = Array.from({ length: 40 }, (_, index) => `id-${index}`);
      const places: number[][] = [];
      for (let round = 0; round < 2; round += 1) {
        const results = await log.append(
          TOPIC,
          ids.map((id) => message(id)),
        );
        places.push(results.map((result) => placeOf(result).index));
      }

      expect(places[1]).toEqual(places[0]);
      expect(new Set(places[0]).size).toBeGreaterThan(1);
    },
  },
  {
    promise: "results come in the order of the records, each where its record is, whatever its shard",
    needs: "shards",
    async run({ engine }) {
      await filled(engine);
      const records = KEYS.map((key) => keyed(key, `${key}-c`));

      const results = await engine.log.append(TOPIC, records);

      const stored = await Promise.all(
        results.map(async (result) => {
          const { index, offset } = placeOf(result);
          const { records } = await engine.log.read({ topicId: TOPIC, index }, offset, { ...ALL, countMax: 1 });
          return records[0]?.id;
        }),
      );
      expect(stored).toEqual(records.map(({ id }) => id));
    },
  },
  {
    promise: "each shard has its own offsets, times and start",
    needs: "shards",
    async run({ engine, restart }) {
      const [first, second] = await filled(engine);
      if (first === undefined || second === undefined) throw new Error("Not two shards are used.");
      const [{ end }, untouched] = [await engine.log.bounds(first), await engine.log.bounds(second)];
      const [oldest] = (await engine.log.read(second, 0, ALL)).records;

      await engine.log.trim(first, end);

      const after = await restart();
      expect(await after.log.bounds(first)).toEqual({ start: end, end });
      expect(await after.log.bounds(second)).toEqual(untouched);
      expect(await after.log.offsetAt(first, 0)).toBe(end);
      expect(await after.log.offsetAt(second, oldest?.timeMs ?? Number.NaN)).toBe(0);
    },
  },
  {
    promise: "a change in one shard wakes nobody who waits for another",
    needs: "shards",
    async run({ engine: { log } }) {
      await log.createTopic(TOPIC);
      const stop = new AbortController();
      const waits = EVERY_SHARD.map((shard) => log.changed(shard, 0, stop.signal));

      const { index } = placeOf((await log.append(TOPIC, [keyed("key-0", "a")]))[0]);

      await waits[index];
      const others = waits.filter((_, other) => other !== index);
      expect(await Promise.all(others.map(isPending))).toEqual(others.map(() => true));
      stop.abort();
      await Promise.all(waits);
    },
  },
  {
    promise: "a shard that the topic does not have is told from an empty one",
    needs: "shards",
    async run({ engine: { log } }) {
      await log.createTopic(TOPIC);
      const beyond = { topicId: TOPIC, index: SHARDS };

      await expect(log.bounds(beyond)).rejects.toMatchObject({ code: "topic_not_found" });
      await expect(log.read(beyond, 0, ALL)).rejects.toMatchObject({ code: "topic_not_found" });
    },
  },
  {
    promise: "cursors of several shards are committed together, and by a superseded hold none of them",
    needs: "shards",
    async run({ engine, restart }) {
      const shards = await filled(engine);
      const at = (low: number): readonly ShardCursor[] =>
        shards.map((shard, index) => ({
          shard,
          cursor: cursor(low, { above: [{ from: low + 2, to: low + 3 + index }] }),
        }));
      const { old, current } = await ownTwice(engine);
      await engine.cursors.commit(current, at(0));

      await expect(engine.cursors.commit(old, at(1))).rejects.toMatchObject({ code: "epoch_stale" });

      const byShard = (cursors: readonly ShardCursor[]) => [...cursors].sort((a, b) => a.shard.index - b.shard.index);
      expect(byShard(await engine.cursors.load(SUBSCRIPTION))).toEqual(byShard(at(0)));
      const after = await restart();
      expect(byShard(await after.cursors.load(SUBSCRIPTION))).toEqual(byShard(at(0)));
    },
  },
  {
    promise: "parked entries at one offset of several shards are several entries",
    needs: "shards",
    async run({ engine }) {
      await filled(engine);
      const parked = EVERY_SHARD.map((shard) => entry(0, { source: { shard, offset: 0 }, attempts: shard.index + 1 }));
      const hold = await own(engine);
      await engine.parked.put(hold, parked);

      const [first, ...others] = parked;
      await engine.cursors.commit(hold, [], first === undefined ? [] : [first.source]);

      const left = byOffset(await engine.parked.load(hold));
      expect([...left].sort((a, b) => a.attempts - b.attempts)).toEqual(others);
    },
  },
];
