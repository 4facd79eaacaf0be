import { expect } from "vitest";
import { deferred, isPending } from "../../support/promises.ts";
import type { Check } from "../check.ts";
import { idsIn, message, ownerHandler, TOPIC } from "../fixtures.ts";

export const lifeChecks: readonly Check[] = [
  {
    promise: "a healthy engine says where its data lies, refuses nothing, and counts the ids it remembers",
    async run({ engine }) {
      await engine.log.createTopic(TOPIC);
      await engine.log.append(TOPIC, [message("not given by a caller")]);
      await engine.log.append(TOPIC, [message("a"), message("b"), message("a")], { dedupeWindowMs: 1_000 });

      const { location, storedBytes, freeBytes, rememberedIds, rememberedIdsMax, ...status } = await engine.status();

      expect(location).not.toBe("");
      expect(storedBytes ?? 1).toBeGreaterThan(0);
      expect(freeBytes ?? 1).toBeGreaterThan(0);
      expect(rememberedIdsMax).toBeGreaterThan(2);
      expect(engine.capabilities.exactDuplicates ? [2] : [0, 1, 2]).toContain(rememberedIds);
      expect({ ...status, scheduled: status.scheduled ?? 0 }).toEqual({ scheduled: 0, refusing: null });
    },
  },
  {
    promise: "close releases what is owned and waits for it",
    async run({ engine }) {
      const drained = deferred();
      const released: string[] = [];
      const handler = ownerHandler({
        released: async ({ resource }) => {
          released.push(resource);
          await drained.promise;
        },
      });
      engine.owners.handle(handler);
      await engine.owners.want("a");
      await engine.owners.want("b");

      const closed = engine.close();

      const waited = await isPending(closed);
      drained.resolve();
      await closed;
      expect(waited).toBe(true);
      expect(new Set(released)).toEqual(new Set(["a", "b"]));
    },
  },
  {
    promise: "close makes durable what was accepted",
    async run({ engine, restart }) {
      await engine.log.createTopic(TOPIC);
      const stored: string[] = [];
      const appends = Array.from({ length: 20 }, (_, index) => message(String(index))).map(async (record) => {
        await engine.log.append(TOPIC, [record]);
        stored.push(record.id);
      });
      const ended = Promise.allSettled(appends);

      await engine.close();

      expect(await isPending(ended)).toBe(false);
      expect(new Set(await idsIn(await restart()))).toEqual(new Set(stored));
    },
  },
  {
    promise: "close may be called twice, at the same time or later",
    async run({ engine, restart }) {
      await Promise.all([engine.close(), engine.close()]);
      await engine.close();

      expect(await (await restart()).catalog.list("topic")).toEqual([]);
    },
  },
];
