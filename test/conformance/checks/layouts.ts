import { expect } from "vitest";
import type { Engine, Layouts } from "../../../src/lib/engine/port.ts";
import type { Check } from "../check.ts";
import { ALL, idsIn, message, SHARD, TOPIC } from "../fixtures.ts";

function layoutsOf({ layouts }: Engine): Layouts {
  if (layouts === null) throw new Error('A check of layouts needs "layouts".');
  return layouts;
}

const partitionsOf = async (engine: Engine) => (await layoutsOf(engine).of([TOPIC])).get(TOPIC)?.partitions.length;

export const layoutChecks: readonly Check[] = [
  {
    promise: "a topic that is given a layout has it, after a restart too, and a trial makes none",
    needs: "layouts",
    async run({ engine, restart }) {
      await layoutsOf(engine).tryTopic(TOPIC, { partitions: 2 });
      await expect(engine.log.shards(TOPIC)).rejects.toMatchObject({ code: "topic_not_found" });

      await layoutsOf(engine).createTopic(TOPIC, TOPIC, { partitions: 2 });

      expect(await engine.log.shards(TOPIC)).toHaveLength(2);
      const after = await restart();
      expect(await partitionsOf(after)).toBe(2);
      expect((await layoutsOf(after).of([TOPIC])).get(TOPIC)?.isAdopted).toBe(false);
      expect(await layoutsOf(after).configs(TOPIC)).toEqual({});
    },
  },
  {
    promise: "partitions that are added leave what is there as it is and are used, and none is ever taken away",
    needs: "layouts",
    async run({ engine }) {
      const layouts = layoutsOf(engine);
      await layouts.createTopic(TOPIC, TOPIC, { partitions: 1 });
      await engine.log.append(TOPIC, [message("before")]);

      await layouts.setPartitions(TOPIC, 2, { dryRun: true });
      expect(await partitionsOf(engine)).toBe(1);
      await layouts.setPartitions(TOPIC, 2);
      await layouts.setPartitions(TOPIC, 2);

      await expect(layouts.setPartitions(TOPIC, 1)).rejects.toMatchObject({ code: "topic_refused" });
      expect(await partitionsOf(engine)).toBe(2);
      expect(await idsIn(engine)).toEqual(["before"]);
      const keyed = Array.from({ length: 20 }, (_, index) => ({ ...message(`m-${index}`), key: `key-${index}` }));
      await engine.log.append(TOPIC, keyed);
      expect((await engine.log.read({ ...SHARD, index: 1 }, 0, ALL)).records.length).toBeGreaterThan(0);
    },
  },
  {
    promise: "what is no topic has no layout, and nothing of that name is adopted",
    needs: "layouts",
    async run({ engine }) {
      const layouts = layoutsOf(engine);

      expect(await layouts.of([TOPIC])).toEqual(new Map());
      expect(await layouts.adoptable()).toEqual([]);
      await expect(layouts.setPartitions(TOPIC, 2)).rejects.toMatchObject({ code: "topic_not_found" });
      await expect(layouts.adopt(TOPIC, TOPIC)).rejects.toMatchObject({ code: "topic_not_found" });
      await expect(engine.log.shards(TOPIC)).rejects.toMatchObject({ code: "topic_not_found" });
    },
  },
];
