import fc from "fast-check";
import { expect } from "vitest";
import type { Check } from "../check.ts";
import { everything, message, SHARD, TOPIC } from "../fixtures.ts";

export const timeChecks: readonly Check[] = [
  {
    promise: "a record is read with the time that its append told, and no later record has an earlier one",
    async run({ engine, clock, restart }) {
      await engine.log.createTopic(TOPIC);
      const told: number[] = [];
      for (const passMs of [0, 1, 60_000]) {
        await clock.advance(passMs);
        for (const result of await engine.log.append(TOPIC, [message("a"), message("b")])) {
          told.push("timeMs" in result ? result.timeMs : Number.NaN);
        }
      }

      expect(told).toEqual([...told].sort((a, b) => a - b));
      expect((await everything(engine)).map(({ timeMs }) => timeMs)).toEqual(told);
      expect((await everything(await restart())).map(({ timeMs }) => timeMs)).toEqual(told);
    },
  },
  {
    promise: "a record's time is the clock's time at its append",
    needs: "clock",
    async run({ engine, clock }) {
      await engine.log.createTopic(TOPIC);
      const times: number[] = [];
      for (const passMs of [0, 1, 60_000]) {
        await clock.advance(passMs);
        times.push(clock.now());
        await engine.log.append(TOPIC, [message("a")]);
      }

      expect((await everything(engine)).map(({ timeMs }) => timeMs)).toEqual(times);
    },
  },
  {
    promise: "time never goes back within a shard when the clock does, not even after a trim and a restart",
    needs: "clock",
    async run({ engine, clock, restart }) {
      await engine.log.createTopic(TOPIC);
      await engine.log.append(TOPIC, [message("a")]);
      const firstMs = clock.now();
      clock.jump(-3_600_000);
      const [before] = await engine.log.append(TOPIC, [message("b")]);
      await engine.log.trim(SHARD, 2);

      const after = await restart();
      const [behind] = await after.log.append(TOPIC, [message("c")]);
      clock.jump(3_600_001);
      const [ahead] = await after.log.append(TOPIC, [message("d")]);

      expect(before).toMatchObject({ timeMs: firstMs });
      expect(behind).toMatchObject({ timeMs: firstMs });
      expect(ahead).toMatchObject({ timeMs: firstMs + 1 });
    },
  },
  {
    promise: "offsetAt is the first offset whose time is at or after the asked one, and the end when there is none",
    async run({ engine, clock, restart }) {
      await engine.log.createTopic(TOPIC);
      for (const passMs of fc.sample(fc.nat(3), { numRuns: 150, seed: 3 })) {
        await clock.advance(passMs);
        await engine.log.append(TOPIC, [message("a")]);
      }
      const records = await everything(engine);
      const times = new Set(records.flatMap(({ timeMs }) => [timeMs - 1, timeMs, timeMs + 1]));
      const asked = [0, ...times];
      const expected = asked.map((timeMs) => records.find((record) => record.timeMs >= timeMs)?.offset ?? 150);

      expect(await Promise.all(asked.map((timeMs) => engine.log.offsetAt(SHARD, timeMs)))).toEqual(expected);
      const after = await restart();
      expect(await Promise.all(asked.map((timeMs) => after.log.offsetAt(SHARD, timeMs)))).toEqual(expected);
    },
  },
  {
    promise: "offsetAt finds nothing below the start",
    async run({ engine: { log }, clock }) {
      await log.createTopic(TOPIC);
      expect(await log.offsetAt(SHARD, 0)).toBe(0);
      const times: number[] = [];
      for (let count = 0; count < 4; count += 1) {
        const [appended] = await log.append(TOPIC, [message("a")]);
        if (appended?.kind === "appended") times.push(appended.timeMs);
        await clock.advance(10);
      }
      const [firstMs = Number.NaN] = times;
      await log.trim(SHARD, 2);

      expect(await log.offsetAt(SHARD, firstMs)).toBe(2);
      await log.trim(SHARD, 4);
      expect(await log.offsetAt(SHARD, firstMs)).toBe(4);
    },
  },
];
