import { expect } from "vitest";
import type { CatalogChange } from "../../../src/lib/engine/port.ts";
import type { Check } from "../check.ts";

const VALUE = { text: "ä → 😀 \u0000", nested: { list: [1, -0.5, 1e21, null, true, [], {}] }, "": "" };

export const catalogChecks: readonly Check[] = [
  {
    promise: "what was never put is not there",
    async run({ engine: { catalog } }) {
      expect(await catalog.get("topic", "a")).toBeUndefined();
      expect(await catalog.list("topic")).toEqual([]);
    },
  },
  {
    promise: "a document comes back equal to what was put, with a version that counts from 1",
    async run({ engine: { catalog } }) {
      const first = await catalog.put("topic", "a", "first", 0);
      const second = await catalog.put("topic", "a", VALUE, 1);

      expect(first).toEqual({ kind: "topic", name: "a", version: 1, value: "first" });
      expect(second).toEqual({ kind: "topic", name: "a", version: 2, value: VALUE });
      expect(await catalog.get("topic", "a")).toEqual(second);
    },
  },
  {
    promise: "the engine keeps its own copy of a document",
    async run({ engine: { catalog } }) {
      const mine = { list: [1] };
      const put = await catalog.put("topic", "a", mine, 0);
      const got = await catalog.get("topic", "a");
      for (const value of [mine, put.value, got?.value]) Object.assign(Object(value), { list: "changed" });

      expect((await catalog.get("topic", "a"))?.value).toEqual({ list: [1] });
    },
  },
  {
    promise: "a put with another expected version fails with version_conflict and changes nothing",
    async run({ engine: { catalog } }) {
      const now = await catalog.put("topic", "a", "two", (await catalog.put("topic", "a", "one", 0)).version);
      const told: CatalogChange[] = [];
      catalog.watch((change) => told.push(change));

      for (const expected of [0, 1, 3]) {
        await expect(catalog.put("topic", "a", "other", expected)).rejects.toMatchObject({ code: "version_conflict" });
      }
      await expect(catalog.put("topic", "b", "other", 1)).rejects.toMatchObject({ code: "version_conflict" });

      expect(await catalog.list("topic")).toEqual([now]);
      expect(told).toEqual([]);
    },
  },
  {
    promise: "of puts that race one wins, for a new document and for one that exists",
    async run({ engine: { catalog } }) {
      for (const expected of [0, 1]) {
        const puts = Array.from({ length: 10 }, (_, index) => catalog.put("topic", "a", index, expected));
        const outcomes = await Promise.allSettled(puts);

        const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
        const lost = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.code] : []));
        expect(won).toEqual([await catalog.get("topic", "a")]);
        expect(lost).toEqual(Array(9).fill("version_conflict"));
      }
    },
  },
  {
    promise: "a delete with another expected version fails with version_conflict and changes nothing",
    async run({ engine: { catalog } }) {
      const document = await catalog.put("topic", "a", "value", 0);

      await expect(catalog.delete("topic", "a", 2)).rejects.toMatchObject({ code: "version_conflict" });
      await expect(catalog.delete("topic", "b", 1)).rejects.toMatchObject({ code: "version_conflict" });

      expect(await catalog.list("topic")).toEqual([document]);
    },
  },
  {
    promise: "of a put and a delete that race one wins",
    async run({ engine: { catalog } }) {
      await catalog.put("topic", "a", "old", 0);

      const outcomes = await Promise.allSettled([catalog.put("topic", "a", "new", 1), catalog.delete("topic", "a", 1)]);

      expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      const value = outcomes[0]?.status === "fulfilled" ? "new" : undefined;
      expect((await catalog.get("topic", "a"))?.value).toBe(value);
    },
  },
  {
    promise: "a deleted document is gone, and a new one of its name counts from 1 again",
    async run({ engine: { catalog } }) {
      await catalog.put("topic", "a", "old", 0);
      await catalog.put("topic", "a", "older", 1);
      await catalog.delete("topic", "a", 2);

      expect(await catalog.get("topic", "a")).toBeUndefined();
      expect(await catalog.list("topic")).toEqual([]);
      expect((await catalog.put("topic", "a", "new", 0)).version).toBe(1);
    },
  },
  {
    promise: "documents are listed by kind, ascending by name in UTF-16 order",
    async run({ engine: { catalog } }) {
      const names = ["b", "a10", "a", "B", "a.b", "a-b", "a_b", "\uFFFD", "😀", "ä"];
      for (const name of names) await catalog.put("topic", name, name, 0);
      await catalog.put("schema", "a", "a schema", 0);

      expect((await catalog.list("topic")).map(({ name }) => name)).toEqual([...names].sort());
      expect((await catalog.list("schema")).map(({ value }) => value)).toEqual(["a schema"]);
      expect((await catalog.get("topic", "a"))?.value).toBe("a");
    },
  },
  {
    promise: "documents, their versions and their absence survive a restart",
    async run({ engine, restart }) {
      await engine.catalog.put("topic", "kept", "first", 0);
      const kept = await engine.catalog.put("topic", "kept", VALUE, 1);
      await engine.catalog.put("topic", "deleted", "value", 0);
      await engine.catalog.delete("topic", "deleted", 1);

      const { catalog } = await restart();

      expect(await catalog.list("topic")).toEqual([kept]);
    },
  },
  {
    promise: "a watcher hears each change in order, before the change resolves, and nothing from before it watched",
    async run({ engine: { catalog } }) {
      await catalog.put("topic", "a", "before", 0);
      const heard: unknown[] = [];
      catalog.watch(({ kind, name, document }) => heard.push([kind, name, document?.version, document?.value]));

      for (const version of [1, 2, 3]) {
        await catalog.put("topic", "a", `after ${version}`, version);
        expect(heard.at(-1)).toEqual(["topic", "a", version + 1, `after ${version}`]);
      }
      await catalog.delete("topic", "a", 4);
      expect(heard.at(-1)).toEqual(["topic", "a", undefined, undefined]);

      expect(heard).toHaveLength(4);
    },
  },
  {
    promise: "a watcher is told nothing that a reader could not see yet",
    async run({ engine: { catalog } }) {
      const seen: Promise<unknown>[] = [];
      catalog.watch(({ kind, name }) => seen.push(catalog.get(kind, name)));

      const document = await catalog.put("topic", "a", "value", 0);

      expect(await Promise.all(seen)).toEqual([document]);
    },
  },
  {
    promise: "a watcher that was stopped hears nothing more, and the others go on hearing",
    async run({ engine: { catalog } }) {
      const heard = { stopped: 0, other: 0 };
      const stop = catalog.watch(() => void heard.stopped++);
      catalog.watch(() => void heard.other++);
      await catalog.put("topic", "a", 1, 0);

      stop();
      await catalog.put("topic", "a", 2, 1);

      expect(heard).toEqual({ stopped: 1, other: 2 });
    },
  },
];
