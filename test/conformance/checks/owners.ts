import { expect } from "vitest";
import type { Engine, Owners, Ownership } from "../../../src/lib/engine/port.ts";
import { deferred, isPending } from "../../support/promises.ts";
import type { Check } from "../check.ts";
import { own, ownerHandler, ownTwice } from "../fixtures.ts";

/** Writes down what the engine asks of its owner. */
function record({ owners }: Engine): string[] {
  const heard: string[] = [];
  owners.handle(
    ownerHandler({
      acquired: async ({ resource }) => void heard.push(`acquired ${resource}`),
      released: async ({ resource }) => void heard.push(`released ${resource}`),
    }),
  );
  return heard;
}

export const ownerChecks: readonly Check[] = [
  {
    promise: "a resource that is wanted is acquired, and released when it is wanted no more",
    async run({ engine }) {
      const heard = record(engine);
      await engine.owners.want("r");
      await engine.owners.unwant("r");
      await engine.owners.want("r");
      await engine.owners.unwant("r");

      expect(heard).toEqual(["acquired r", "released r", "acquired r", "released r"]);
    },
  },
  {
    promise: "wanting twice is wanting once",
    async run({ engine }) {
      const heard = record(engine);
      await Promise.all([engine.owners.want("r"), engine.owners.want("r")]);
      await engine.owners.want("r");
      await engine.owners.unwant("r");

      expect(heard).toEqual(["acquired r", "released r"]);
    },
  },
  {
    promise: "what was not wanted can be unwanted, and nothing happens",
    async run({ engine }) {
      const heard = record(engine);
      await engine.owners.unwant("r");

      expect(heard).toEqual([]);
    },
  },
  {
    promise: "a release names the hold that it ends",
    async run({ engine: { owners } }) {
      const [acquired, released]: [Ownership[], Ownership[]] = [[], []];
      owners.handle(
        ownerHandler({
          acquired: async (ownership) => void acquired.push(ownership),
          released: async (ownership) => void released.push(ownership),
        }),
      );
      for (const resource of ["a", "b", "a"]) {
        await owners.want(resource);
        await owners.unwant(resource);
      }

      expect(acquired.map(({ resource }) => resource)).toEqual(["a", "b", "a"]);
      expect(released).toEqual(acquired);
    },
  },
  {
    promise: "unwant resolves only once the owner has let go",
    async run({ engine: { owners } }) {
      const drained = deferred();
      owners.handle(ownerHandler({ released: () => drained.promise }));
      await owners.want("r");

      const unwanted = owners.unwant("r");

      const waited = await isPending(unwanted);
      drained.resolve();
      await unwanted;
      expect(waited).toBe(true);
    },
  },
  {
    promise: "a resource is not taken away before its owner has finished acquiring it",
    async run({ engine: { owners } }) {
      const [begun, ready, released] = [deferred(), deferred(), deferred()];
      const acquired = () => {
        begun.resolve();
        return ready.promise;
      };
      owners.handle(ownerHandler({ acquired, released: async () => released.resolve() }));
      const wanted = owners.want("r");
      await begun.promise;

      const unwanted = owners.unwant("r");

      const waited = await isPending(Promise.race([released.promise, unwanted]));
      ready.resolve();
      await Promise.all([wanted, unwanted, released.promise]);
      expect(waited).toBe(true);
    },
  },
  {
    promise: "the next hold does not begin before the last one was let go",
    async run({ engine: { owners } }) {
      const drained = deferred();
      let acquisitions = 0;
      owners.handle(ownerHandler({ acquired: async () => void acquisitions++, released: () => drained.promise }));
      await owners.want("r");
      const moves = Promise.all([owners.unwant("r"), owners.want("r")]);

      await isPending(moves);
      const early = acquisitions;
      drained.resolve();
      await moves;
      expect(early).toBe(1);
      await expect.poll(() => acquisitions).toBe(2);
    },
  },
  {
    promise: "a resource that is slow to let go holds up no other",
    async run({ engine: { owners } }) {
      const [drained, other] = [deferred(), deferred()];
      const acquired = async ({ resource }: Ownership) => {
        if (resource === "other") other.resolve();
      };
      owners.handle(ownerHandler({ acquired, released: () => drained.promise }));
      await owners.want("slow");
      const slow = owners.unwant("slow");

      await owners.want("other");

      await other.promise;
      drained.resolve();
      await slow;
    },
  },
  {
    promise: "a later hold on a resource has a higher epoch, over restarts too",
    async run({ engine, restart }) {
      const { old, current } = await ownTwice(engine);
      const next = await own(await restart());
      const last = await own(await restart());

      expect(current.epoch).toBeGreaterThan(old.epoch);
      expect(next.epoch).toBeGreaterThan(current.epoch);
      expect(last.epoch).toBeGreaterThan(next.epoch);
    },
  },
  {
    promise: "a hold is confirmed while it is acquired and for as long as it lasts, and not once it is over",
    async run({ engine, restart }) {
      const during: unknown[] = [];
      const ask = async (owners: Owners, hold: Ownership) => owners.confirm(hold);
      const acquired = async (hold: Ownership) => void during.push(await ask(engine.owners, hold));
      engine.owners.handle(ownerHandler({ acquired }));
      await engine.owners.want("r");
      const { old, current } = await ownTwice(engine);
      const lasting = await ask(engine.owners, current);
      await engine.owners.unwant(current.resource);

      expect([during, lasting]).toEqual([[undefined], undefined]);
      for (const over of [old, current])
        await expect(ask(engine.owners, over)).rejects.toMatchObject({ code: "epoch_stale" });
      const after = await restart();
      await own(after);
      await expect(ask(after.owners, current)).rejects.toMatchObject({ code: "epoch_stale" });
    },
  },
  {
    promise: "nothing is owned after a restart until it is wanted again",
    async run({ engine, restart }) {
      await own(engine, "r");

      const after = await restart();
      const heard = record(after);
      await after.owners.want("other");
      await after.close();

      expect(heard).toEqual(["acquired other", "released other"]);
    },
  },
  {
    promise: "after leave nothing is owned any more, whatever is wanted, and everything was let go of",
    async run({ engine }) {
      const heard = record(engine);
      await engine.owners.want("a");
      await engine.owners.want("b");

      await engine.owners.leave();
      await engine.owners.want("c");
      await engine.owners.want("a");

      expect(heard.slice(0, 2)).toEqual(["acquired a", "acquired b"]);
      expect(heard.slice(2).sort()).toEqual(["released a", "released b"]);
    },
  },
];
