import { expect } from "vitest";
import type { Appended, Engine } from "../../../src/lib/engine/port.ts";
import { isPending } from "../../support/promises.ts";
import type { Check } from "../check.ts";
import { everything, idsIn, message, OTHER_TOPIC, SHARD, TOPIC } from "../fixtures.ts";

const WINDOW_MS = 600_000;

/** Publishes one message whose id its caller gave. */
async function publish({ log }: Engine, id: string, payload?: string, topicId = TOPIC): Promise<Appended | undefined> {
  return (await log.append(topicId, [message(id, payload)], { dedupeWindowMs: WINDOW_MS }))[0];
}

export const dedupeChecks: readonly Check[] = [
  {
    promise: "a repeat with the same bytes is not stored and answers duplicate with the first one's place and time",
    needs: "exactDuplicates",
    async run({ engine, clock }) {
      await engine.log.createTopic(TOPIC);
      await publish(engine, "before");
      const first = await publish(engine, "a");
      await clock.advance(WINDOW_MS - 1);

      const repeat = await publish(engine, "a");

      expect(repeat).toEqual({ ...first, kind: "duplicate" });
      expect(await idsIn(engine)).toEqual(["before", "a"]);
    },
  },
  {
    promise: "a repeat with other bytes is not stored and answers conflict",
    needs: "exactDuplicates",
    async run({ engine }) {
      await engine.log.createTopic(TOPIC);
      await publish(engine, "a", "1");

      for (const payload of ["2", "1 ", "", "10"])
        expect(await publish(engine, "a", payload)).toEqual({ kind: "conflict" });

      expect(await publish(engine, "a", "1")).toMatchObject({ kind: "duplicate", offset: 0 });
      expect(await idsIn(engine)).toEqual(["a"]);
    },
  },
  {
    promise: "once the window is over the id is new again, and the newer record is the first from then on",
    needs: "exactDuplicates",
    async run({ engine, clock }) {
      await engine.log.createTopic(TOPIC);
      await publish(engine, "a", "1");
      await clock.advance(WINDOW_MS + 1);

      expect(await publish(engine, "a", "2")).toMatchObject({ kind: "appended", offset: 1 });
      await clock.advance(1_000);

      expect(await publish(engine, "a", "2")).toMatchObject({ kind: "duplicate", offset: 1 });
      expect(await publish(engine, "a", "1")).toEqual({ kind: "conflict" });
    },
  },
  {
    promise: "repeats within one call are seen, and each record gets its own result",
    needs: "exactDuplicates",
    async run({ engine }) {
      await engine.log.createTopic(TOPIC);
      await publish(engine, "old");
      const records = [message("new"), message("old"), message("new"), message("old", "other"), message("last")];

      const results = await engine.log.append(TOPIC, records, { dedupeWindowMs: WINDOW_MS });

      expect(results.map((result) => [result.kind, "offset" in result ? result.offset : null])).toEqual([
        ["appended", 1],
        ["duplicate", 0],
        ["duplicate", 1],
        ["conflict", null],
        ["appended", 2],
      ]);
      expect(await idsIn(engine)).toEqual(["old", "new", "last"]);
    },
  },
  {
    promise: "of repeats at the same time one is stored and the others answer for it",
    needs: "exactDuplicates",
    async run({ engine }) {
      await engine.log.createTopic(TOPIC);

      const same = await Promise.all(Array.from({ length: 20 }, () => publish(engine, "a", "1")));
      const other = await Promise.all(["1", "2", "3"].map((payload) => publish(engine, "b", payload)));

      expect(same.filter((result) => result?.kind === "appended")).toHaveLength(1);
      expect(same.filter((result) => result?.kind === "duplicate" && result.offset === 0)).toHaveLength(19);
      expect(other.map((result) => result?.kind).sort()).toEqual(["appended", "conflict", "conflict"]);
      expect(await idsIn(engine)).toEqual(["a", "b"]);
    },
  },
  {
    promise: "a repeat waits for the first append that is in flight",
    needs: ["disk", "exactDuplicates"],
    async run({ engine, disk }) {
      await engine.log.createTopic(TOPIC);
      const { letGo } = disk.hold();
      const first = publish(engine, "a");
      const repeat = publish(engine, "a");

      expect(await isPending(repeat)).toBe(true);
      letGo();

      expect(await Promise.all([first, repeat])).toMatchObject([{ kind: "appended" }, { kind: "duplicate" }]);
    },
  },
  {
    promise: "when the first append in flight fails, the repeat is stored and nothing is remembered of the first",
    needs: ["disk", "exactDuplicates"],
    async run({ engine, disk, restart }) {
      await engine.log.createTopic(TOPIC);
      const { fail } = disk.hold();
      const first = publish(engine, "a", "first");
      const repeat = publish(engine, "a", "repeat");
      await isPending(repeat);
      fail();

      await expect(first).rejects.toMatchObject({ code: "disk_full" });
      expect(await repeat).toMatchObject({ kind: "appended" });
      const after = await restart();
      expect(await publish(after, "a", "first")).toEqual({ kind: "conflict" });
      expect(await publish(after, "a", "repeat")).toMatchObject({ kind: "duplicate" });
    },
  },
  {
    promise: "an id whose append failed is not remembered",
    needs: "disk",
    async run({ engine, disk }) {
      await engine.log.createTopic(TOPIC);
      const { fail } = disk.hold();
      const first = publish(engine, "a");
      await isPending(first);
      fail();
      await expect(first).rejects.toMatchObject({ code: "disk_full" });

      expect(await publish(engine, "a")).toMatchObject({ kind: "appended" });
      expect(await idsIn(engine)).toEqual(["a"]);
    },
  },
  {
    promise: "what is remembered survives a restart, and so does the end of its window",
    needs: "exactDuplicates",
    async run({ engine, clock, restart }) {
      await engine.log.createTopic(TOPIC);
      const first = await publish(engine, "a", "1");
      await clock.advance(WINDOW_MS - 1);

      const after = await restart();

      expect(await publish(after, "a", "1")).toEqual({ ...first, kind: "duplicate" });
      expect(await publish(after, "a", "2")).toEqual({ kind: "conflict" });
      await clock.advance(2);
      expect(await publish(after, "a", "2")).toMatchObject({ kind: "appended", offset: 1 });
    },
  },
  {
    promise: "where not all records of a call are deduplicated, the others are stored each time and not remembered",
    needs: "exactDuplicates",
    async run({ engine, restart }) {
      await engine.log.createTopic(TOPIC);
      const mixed = (after: Engine) =>
        after.log.append(TOPIC, [message("own"), message("given"), message("own")], {
          dedupeWindowMs: WINDOW_MS,
          deduped: ({ id }) => id === "given",
        });

      const kinds = [await mixed(engine), await mixed(engine)].flat().map(({ kind }) => kind);

      expect(kinds).toEqual(["appended", "appended", "appended", "appended", "duplicate", "appended"]);
      expect(await idsIn(engine)).toEqual(["own", "given", "own", "own", "own"]);
      const after = await restart();
      expect(await publish(after, "own", "other")).toMatchObject({ kind: "appended" });
      expect(await publish(after, "given", "other")).toEqual({ kind: "conflict" });
    },
  },
  {
    promise: "ids are remembered for each topic apart",
    async run({ engine }) {
      await engine.log.createTopic(TOPIC);
      await engine.log.createTopic(OTHER_TOPIC);
      await publish(engine, "a", "1");

      expect(await publish(engine, "a", "2", OTHER_TOPIC)).toMatchObject({ kind: "appended", offset: 0 });
    },
  },
  {
    promise: "without a window the same id is stored again",
    async run({ engine }) {
      await engine.log.createTopic(TOPIC);
      for (let count = 0; count < 2; count += 1) await engine.log.append(TOPIC, [message("a"), message("a")]);

      expect(await idsIn(engine, SHARD)).toEqual(["a", "a", "a", "a"]);
    },
  },
  {
    promise:
      "where a repeat may be stored, each record of an id that its caller gave says the window, and no other does",
    async run({ engine, restart }) {
      await engine.log.createTopic(TOPIC);
      const mixed = (after: Engine) =>
        after.log.append(TOPIC, [message("own"), message("given")], {
          dedupeWindowMs: WINDOW_MS,
          deduped: ({ id }) => id === "given",
        });
      await mixed(engine);
      const after = await restart();
      await mixed(after);

      const windows = (await everything(after)).map(({ id, dedupeWindowMs = null }) => `${id} ${dedupeWindowMs}`);
      const mark = engine.capabilities.exactDuplicates ? null : WINDOW_MS;
      expect(new Set(windows)).toEqual(new Set(["own null", `given ${mark}`]));
    },
  },
];
