import { expect } from "vitest";
import type { Check } from "../check.ts";
import {
  byOffset,
  entry,
  OTHER_SHARD,
  OTHER_SUBSCRIPTION,
  OTHER_TOPIC,
  own,
  ownTwice,
  topicWith,
} from "../fixtures.ts";

const FULL = entry(3, {
  generation: 2,
  attempts: 12,
  strikes: 0,
  lastStatus: null,
  lastFailureMs: 1_767_225_600_123,
  reason: "Refused: ä → 😀",
  dying: { errorClass: "strikes", ends: [{ shard: OTHER_SHARD, offset: 0 }] },
});

export const parkedChecks: readonly Check[] = [
  {
    promise: "a subscription without parked entries has none",
    async run({ engine }) {
      expect(await engine.parked.load(await own(engine))).toEqual([]);
    },
  },
  {
    promise: "parked entries come back equal in every field, after a restart too",
    async run({ engine, restart }) {
      await topicWith(engine, 9);
      await topicWith(engine, 9, OTHER_TOPIC);
      const hold = await own(engine);
      await engine.parked.put(hold, [FULL, entry(1)]);

      expect(byOffset(await engine.parked.load(hold))).toStrictEqual([entry(1), FULL]);
      const after = await restart();
      expect(byOffset(await after.parked.load(await own(after)))).toStrictEqual([entry(1), FULL]);
    },
  },
  {
    promise: "parking a message twice leaves one entry, the later one, in one call or in two",
    async run({ engine }) {
      await topicWith(engine, 9);
      const hold = await own(engine);
      await engine.parked.put(hold, [FULL, entry(5, { attempts: 1 })]);

      await engine.parked.put(hold, [entry(5, { attempts: 2 }), entry(3, { attempts: 13 }), entry(5, { attempts: 3 })]);

      const now = [entry(3, { attempts: 13 }), entry(5, { attempts: 3 })];
      expect(byOffset(await engine.parked.load(hold))).toStrictEqual(now);
    },
  },
  {
    promise: "entries are told apart by shard, offset and subscription",
    async run({ engine }) {
      await topicWith(engine, 11);
      await topicWith(engine, 11, OTHER_TOPIC);
      const elsewhere = entry(1, { source: { shard: OTHER_SHARD, offset: 1 } });
      const other = await own(engine, OTHER_SUBSCRIPTION);
      await engine.parked.put(other, [entry(1, { attempts: 9 })]);
      const hold = await own(engine);
      await engine.parked.put(hold, [entry(1), entry(10), elsewhere]);

      const loaded = await engine.parked.load(hold);

      expect(loaded).toHaveLength(3);
      expect(loaded).toEqual(expect.arrayContaining([entry(1), entry(10), elsewhere]));
      expect(await engine.parked.load(other)).toEqual([entry(1, { attempts: 9 })]);
    },
  },
  {
    promise: "parking under a superseded hold fails with epoch_stale and changes nothing",
    async run({ engine }) {
      await topicWith(engine, 9);
      const { old, current } = await ownTwice(engine);
      await engine.parked.put(current, [entry(1)]);

      const stale = engine.parked.put(old, [entry(1, { attempts: 9 }), entry(2)]);

      await expect(stale).rejects.toMatchObject({ code: "epoch_stale" });
      expect(await engine.parked.load(current)).toEqual([entry(1)]);
    },
  },
  {
    promise: "a thousand entries are parked in one call",
    async run({ engine, restart }) {
      await topicWith(engine, 1_000);
      const entries = Array.from({ length: 1_000 }, (_, offset) => entry(offset));
      await engine.parked.put(await own(engine), entries);

      const after = await restart();

      expect(byOffset(await after.parked.load(await own(after)))).toEqual(entries);
    },
  },
];
