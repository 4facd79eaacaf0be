import { expect } from "vitest";
import { settle } from "../../../src/lib/domain/cursor.ts";
import type { ShardCursor } from "../../../src/lib/engine/port.ts";
import type { Check } from "../check.ts";
import {
  byOffset,
  cursor,
  entry,
  OTHER_SHARD,
  OTHER_SUBSCRIPTION,
  OTHER_TOPIC,
  own,
  ownerHandler,
  ownTwice,
  SHARD,
  SUBSCRIPTION,
  topicWith,
} from "../fixtures.ts";

const at = (low: number): ShardCursor => ({ shard: SHARD, cursor: cursor(low) });

/** Many holes, and something in every field. */
function busyCursor(): ShardCursor {
  const odd = Array.from({ length: 200 }, (_, index) => ({ from: 2 * index + 1, to: 2 * index + 2 }));
  return { shard: SHARD, cursor: odd.reduce(settle, cursor(0, { generation: 3, expired: 5, damaged: 7 })) };
}

export const cursorChecks: readonly Check[] = [
  {
    promise: "a subscription without cursors has none",
    async run({ engine: { cursors } }) {
      expect(await cursors.load(SUBSCRIPTION)).toEqual([]);
    },
  },
  {
    promise: "what init set is read by anyone, after a restart too",
    async run({ engine, restart }) {
      await topicWith(engine, 9);
      await engine.cursors.init(SUBSCRIPTION, [at(4)]);

      expect(await engine.cursors.load(SUBSCRIPTION)).toEqual([at(4)]);
      expect(await (await restart()).cursors.load(SUBSCRIPTION)).toEqual([at(4)]);
    },
  },
  {
    promise: "a committed cursor comes back equal in every field, after a restart too",
    async run({ engine, restart }) {
      await topicWith(engine, 400);
      await engine.cursors.commit(await own(engine), [busyCursor()]);

      expect(await engine.cursors.load(SUBSCRIPTION)).toEqual([busyCursor()]);
      expect(await (await restart()).cursors.load(SUBSCRIPTION)).toEqual([busyCursor()]);
    },
  },
  {
    promise: "a commit replaces the cursors of its shards and leaves those of other shards",
    async run({ engine }) {
      await topicWith(engine, 9);
      await topicWith(engine, 9, OTHER_TOPIC);
      const other = { shard: OTHER_SHARD, cursor: cursor(2, { topicId: OTHER_TOPIC }) };
      const hold = await own(engine);
      await engine.cursors.commit(hold, [at(3), other]);

      await engine.cursors.commit(hold, [at(5)]);

      const loaded = await engine.cursors.load(SUBSCRIPTION);
      expect(loaded).toHaveLength(2);
      expect(loaded).toEqual(expect.arrayContaining([at(5), other]));
    },
  },
  {
    promise: "each subscription has its own cursors",
    async run({ engine }) {
      await topicWith(engine, 9);
      await engine.cursors.init(SUBSCRIPTION, [at(1)]);
      await engine.cursors.init(OTHER_SUBSCRIPTION, [at(2)]);
      await engine.cursors.commit(await own(engine, OTHER_SUBSCRIPTION), [at(3)]);

      expect(await engine.cursors.load(SUBSCRIPTION)).toEqual([at(1)]);
      expect(await engine.cursors.load(OTHER_SUBSCRIPTION)).toEqual([at(3)]);
    },
  },
  {
    promise: "an owner that is asked to let go can still commit",
    async run({ engine }) {
      const { owners, cursors } = engine;
      await topicWith(engine, 9);
      owners.handle(ownerHandler({ released: (hold) => cursors.commit(hold, [at(6)]) }));
      await owners.want(SUBSCRIPTION);

      await owners.unwant(SUBSCRIPTION);

      expect(await cursors.load(SUBSCRIPTION)).toEqual([at(6)]);
    },
  },
  {
    promise: "a commit under a superseded hold fails with epoch_stale and changes nothing",
    async run({ engine }) {
      const { cursors, parked } = engine;
      await topicWith(engine, 9);
      const { old, current } = await ownTwice(engine);
      await cursors.commit(current, [at(7)]);
      await parked.put(current, [entry(8)]);

      for (const unpark of [[], [entry(8).source]]) {
        await expect(cursors.commit(old, [at(3)], unpark)).rejects.toMatchObject({ code: "epoch_stale" });
      }

      expect(await cursors.load(SUBSCRIPTION)).toEqual([at(7)]);
      expect(await parked.load(current)).toEqual([entry(8)]);
    },
  },
  {
    promise: "a hold from before a restart is superseded by the one after it",
    async run({ engine, restart }) {
      await topicWith(engine, 9);
      const old = await own(engine);
      await engine.cursors.commit(old, [at(4)]);

      const after = await restart();
      const current = await own(after);

      await expect(after.cursors.commit(old, [at(2)])).rejects.toMatchObject({ code: "epoch_stale" });
      await expect(after.parked.put(old, [entry(8)])).rejects.toMatchObject({ code: "epoch_stale" });
      expect(await after.cursors.load(SUBSCRIPTION)).toEqual([at(4)]);
      expect(await after.parked.load(current)).toEqual([]);
    },
  },
  {
    promise: "a commit unparks what it names and nothing else, after a restart too",
    async run({ engine, restart }) {
      await topicWith(engine, 9);
      const hold = await own(engine);
      await engine.parked.put(hold, [entry(1), entry(2), entry(3)]);

      await engine.cursors.commit(hold, [at(4)], [entry(1).source, entry(3).source, entry(8).source]);

      expect(await engine.parked.load(hold)).toEqual([entry(2)]);
      const after = await restart();
      expect(await after.parked.load(await own(after))).toEqual([entry(2)]);
      expect(await after.cursors.load(SUBSCRIPTION)).toEqual([at(4)]);
    },
  },
  {
    promise: "forget removes the cursors and parked entries of one subscription and of no other",
    async run({ engine, restart }) {
      await topicWith(engine, 9);
      for (const subscription of [SUBSCRIPTION, OTHER_SUBSCRIPTION]) {
        const hold = await own(engine, subscription);
        await engine.cursors.commit(hold, [at(4)]);
        await engine.parked.put(hold, [entry(1), entry(2)]);
      }
      await engine.owners.unwant(SUBSCRIPTION);

      await engine.cursors.forget(SUBSCRIPTION);

      const after = await restart();
      expect(await after.cursors.load(SUBSCRIPTION)).toEqual([]);
      expect(await after.parked.load(await own(after))).toEqual([]);
      expect(await after.cursors.load(OTHER_SUBSCRIPTION)).toEqual([at(4)]);
      const others = await after.parked.load(await own(after, OTHER_SUBSCRIPTION));
      expect(byOffset(others)).toEqual([entry(1), entry(2)]);
    },
  },
  {
    promise: "a hold from before forget brings nothing back",
    async run({ engine }) {
      const { cursors, parked } = engine;
      await topicWith(engine, 9);
      const old = await own(engine);
      await cursors.commit(old, [at(4)]);
      await engine.owners.unwant(SUBSCRIPTION);
      await cursors.forget(SUBSCRIPTION);

      await expect(cursors.commit(old, [at(5)])).rejects.toMatchObject({ code: "epoch_stale" });
      await expect(parked.put(old, [entry(8)])).rejects.toMatchObject({ code: "epoch_stale" });

      expect(await cursors.load(SUBSCRIPTION)).toEqual([]);
    },
  },
];
