import { expect } from "vitest";
import type { Engine } from "../../../src/lib/engine/port.ts";
import { isPending } from "../../support/promises.ts";
import type { Check } from "../check.ts";
import {
  ALL,
  comparable,
  everything,
  idsIn,
  message,
  OTHER_SHARD,
  OTHER_TOPIC,
  offsetsOf,
  SHARD,
  TOPIC,
  timeNow,
  topicWith,
} from "../fixtures.ts";

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** Every call that names a topic. */
function callsOn({ log }: Engine): readonly Promise<unknown>[] {
  return [
    log.shards(TOPIC),
    log.append(TOPIC, [message("a")]),
    log.append(TOPIC, [message("a")], { dedupeWindowMs: 1_000 }),
    log.read(SHARD, 0, ALL),
    log.changed(SHARD, 0, new AbortController().signal),
    log.bounds(SHARD),
    log.offsetAt(SHARD, 0),
    log.trim(SHARD, 0),
  ];
}

async function expectNoTopic(engine: Engine): Promise<void> {
  for (const outcome of await Promise.allSettled(callsOn(engine))) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "topic_not_found" } });
  }
}

export const logChecks: readonly Check[] = [
  {
    promise: "every call on a topic that was not created fails with topic_not_found",
    async run({ engine }) {
      await engine.log.createTopic(OTHER_TOPIC);

      await expectNoTopic(engine);
    },
  },
  {
    promise: "creating a topic that exists leaves it as it is",
    async run({ engine }) {
      await topicWith(engine, 2);

      await engine.log.createTopic(TOPIC);

      expect(await idsIn(engine)).toEqual(["0", "1"]);
    },
  },
  {
    promise: "a topic and its records survive a restart",
    async run({ engine, restart }) {
      await engine.log.createTopic(OTHER_TOPIC);
      await topicWith(engine, 3);
      const before = await everything(engine);

      const after = await restart();

      expect(await everything(after)).toEqual(before);
      expect(await after.log.bounds(SHARD)).toEqual({ start: 0, end: 3 });
      expect(await after.log.shards(TOPIC)).toEqual([SHARD]);
      expect(await after.log.shards(OTHER_TOPIC)).toEqual([OTHER_SHARD]);
    },
  },
  {
    promise: "a deleted topic is gone, after a restart too, and the others are untouched",
    async run({ engine, restart }) {
      await topicWith(engine, 2);
      await topicWith(engine, 3, OTHER_TOPIC);

      await engine.log.deleteTopic(TOPIC);

      await expectNoTopic(engine);
      const after = await restart();
      await expectNoTopic(after);
      expect(await idsIn(after, OTHER_SHARD)).toEqual(["0", "1", "2"]);
    },
  },
  {
    promise: "deleting a topic that is not there is fine",
    async run({ engine: { log } }) {
      await log.deleteTopic(TOPIC);
    },
  },
  {
    promise: "an append resolves with one result a record, in the same order, at rising offsets from 0",
    async run({ engine, clock }) {
      const { log } = engine;
      await log.createTopic(TOPIC);
      const results = await log.append(TOPIC, [message("a"), message("b"), message("c")]);

      expect(results.map((result) => ({ ...result }))).toEqual(
        [0, 1, 2].map((offset) => ({ kind: "appended", shard: SHARD, offset, timeMs: timeNow(engine, clock) })),
      );
      expect(offsetsOf(await log.append(TOPIC, [message("d")]))).toEqual([3]);
      expect(await log.append(TOPIC, [])).toEqual([]);
    },
  },
  {
    promise: "each topic counts its own offsets",
    async run({ engine }) {
      await topicWith(engine, 2);
      await topicWith(engine, 1, OTHER_TOPIC);

      expect(offsetsOf(await engine.log.append(TOPIC, [message("x")]))).toEqual([2]);
      expect(offsetsOf(await engine.log.append(OTHER_TOPIC, [message("y")]))).toEqual([1]);
      expect(await idsIn(engine)).toEqual(["0", "1", "x"]);
      expect(await idsIn(engine, OTHER_SHARD)).toEqual(["0", "y"]);
    },
  },
  {
    promise: "a record comes back equal in every field, its payload byte for byte",
    async run({ engine, restart, clock }) {
      const attributes = [
        ["x-kb-attr-a", "1"],
        ["source", "~ !"],
        ["x-kb-attr-a", ""],
      ] as const;
      const given = [
        { id: "plain", attributes: [], payload: EVERY_BYTE },
        { id: "with:all_-", key: "k 1", attributes, payload: new Uint8Array(65_536).fill(0xff) },
        { id: "empty", key: "", attributes: [], payload: new Uint8Array() },
      ];
      await engine.log.createTopic(TOPIC);
      await engine.log.append(TOPIC, given);
      const expected = given.map((record, offset) => ({
        ...comparable(record),
        offset,
        timeMs: timeNow(engine, clock),
      }));

      const stored = await everything(engine);
      expect(stored).toStrictEqual(expected);
      expect(await everything(await restart())).toStrictEqual(stored);
    },
  },
  {
    promise: "appends at the same time each get their own offsets, and every record is where its result says",
    async run({ engine }) {
      await engine.log.createTopic(TOPIC);
      const calls = Array.from({ length: 50 }, async (_, call) => {
        const records = [0, 1, 2].map((index) => message(`${call}-${index}`));
        return offsetsOf(await engine.log.append(TOPIC, records)).map((offset, index) => [offset, records[index]?.id]);
      });
      const promised = (await Promise.all(calls)).flat();

      const stored = (await everything(engine)).map(({ offset, id }) => [offset, id]);
      expect(stored).toHaveLength(150);
      expect(new Map(stored.map(([offset, id]) => [id, offset]))).toEqual(
        new Map(promised.map(([offset, id]) => [id, offset])),
      );
    },
  },
  {
    promise: "a record whose append has not resolved is served by no call",
    needs: "disk",
    async run({ engine, disk }) {
      await topicWith(engine, 1);
      const change = engine.log.changed(SHARD, 1, new AbortController().signal);
      const { letGo } = disk.hold();
      const append = engine.log.append(TOPIC, [message("late")]);

      expect(await isPending(append)).toBe(true);
      expect(await idsIn(engine)).toEqual(["0"]);
      expect(await engine.log.bounds(SHARD)).toEqual({ start: 0, end: 1 });
      expect(await isPending(change)).toBe(true);

      letGo();
      await Promise.all([append, change]);
      expect(await idsIn(engine)).toEqual(["0", "late"]);
    },
  },
  {
    promise: "after an append that failed nothing of it is ever served, and the next append works",
    needs: "disk",
    async run({ engine, disk, restart }) {
      await topicWith(engine, 1);
      const { fail } = disk.hold();
      const append = engine.log.append(TOPIC, [message("lost 1"), message("lost 2")]);
      await isPending(append);
      fail();

      await expect(append).rejects.toMatchObject({ code: "disk_full" });
      expect(await idsIn(engine)).toEqual(["0"]);
      expect(await engine.log.bounds(SHARD)).toEqual({ start: 0, end: 1 });
      await engine.log.append(TOPIC, [message("next")]);
      expect(await idsIn(engine)).toEqual(["0", "next"]);
      expect(await idsIn(await restart())).toEqual(["0", "next"]);
    },
  },
  {
    promise: "trim moves the start up to where it is told, never past the end and never back",
    async run({ engine, restart }) {
      await topicWith(engine, 5);
      await topicWith(engine, 5, OTHER_TOPIC);
      const starts: number[] = [];
      for (const before of [2, 1, 99]) {
        await engine.log.trim(SHARD, before);
        starts.push((await engine.log.bounds(SHARD)).start);
      }

      expect(starts).toEqual([2, 2, 5]);
      expect(await engine.log.bounds(SHARD)).toEqual({ start: 5, end: 5 });
      expect(await idsIn(engine)).toEqual([]);
      const after = await restart();
      expect(await after.log.bounds(SHARD)).toEqual({ start: 5, end: 5 });
      expect(await after.log.bounds(OTHER_SHARD)).toEqual({ start: 0, end: 5 });
    },
  },
  {
    promise: "an offset is never given twice, not even after everything was trimmed and a restart",
    async run({ engine, restart }) {
      await topicWith(engine, 3);
      await engine.log.trim(SHARD, 3);

      const after = await restart();

      expect(offsetsOf(await after.log.append(TOPIC, [message("next")]))).toEqual([3]);
      const again = await restart();
      expect(offsetsOf(await again.log.append(TOPIC, [message("after next")]))).toEqual([4]);
    },
  },
];
