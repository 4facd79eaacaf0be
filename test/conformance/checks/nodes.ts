import { expect } from "vitest";
import { KBrokerError } from "../../../src/lib/domain/error.ts";
import type { CatalogChange, Engine, Ownership } from "../../../src/lib/engine/port.ts";
import { deferred } from "../../support/promises.ts";
import type { NodesBench, NodesCheck } from "../check.ts";
import { cursor, entry, idsIn, message, OTHER_SUBSCRIPTION, ownerHandler, SHARD, TOPIC } from "../fixtures.ts";

/** Enough of them that each of two or three nodes has some. */
const RESOURCES = Array.from({ length: 12 }, (_, index) => `resource-${index}`);
/** A node with what it was told of owning, as it believes it. */
interface Watched {
  readonly id: string;
  readonly engine: Engine;
  vanish(): Promise<void>;
  readonly owned: Map<string, Ownership>;
  readonly lost: Ownership[];
  /** What the release of a resource waits for. */
  drain: ((resource: string) => Promise<void> | undefined) | undefined;
}

async function watched({ openNode }: NodesBench, id: string): Promise<Watched> {
  const { engine, vanish } = await openNode(id);
  const node: Watched = { id, engine, vanish, owned: new Map(), lost: [], drain: undefined };
  engine.owners.handle(
    ownerHandler({
      acquired: async (hold) => void node.owned.set(hold.resource, hold),
      released: async ({ resource }) => {
        await node.drain?.(resource);
        node.owned.delete(resource);
      },
      lost: (hold) => {
        node.lost.push(hold);
        node.owned.delete(hold.resource);
      },
    }),
  );
  return node;
}

async function wantAll({ engine }: Watched): Promise<void> {
  await Promise.all(RESOURCES.map((resource) => engine.owners.want(resource)));
}

const owned = ({ owned: all }: Watched) => [...all.keys()].sort();
const ownersOf = (nodes: readonly Watched[], resource: string) => nodes.filter((node) => node.owned.has(resource));

/** Resolves once each resource has exactly one owner among the nodes. */
async function shared({ soon }: NodesBench, nodes: readonly Watched[]): Promise<void> {
  await expect.poll(() => RESOURCES.map((each) => ownersOf(nodes, each).length), soon).toEqual(RESOURCES.map(() => 1));
}

/** Two nodes that share the resources, and the one of them that owns the first. */
async function twoNodes(bench: NodesBench) {
  const [a, b] = [await watched(bench, "a"), await watched(bench, "b")];
  // Once both know of both, nothing has to move.
  for (const { engine } of [a, b]) await expect.poll(() => engine.nodes.list().length, bench.soon).toBe(2);
  await Promise.all([wantAll(a), wantAll(b)]);
  await shared(bench, [a, b]);
  await expect.poll(() => Math.min(a.owned.size, b.owned.size), bench.soon).toBeGreaterThan(0);
  return { a, b };
}

/** A hold that somebody else has superseded, and the newer one. */
async function superseded(bench: NodesBench) {
  const { a, b } = await twoNodes(bench);
  const [old] = a.owned.values();
  if (old === undefined) throw new Error("The node owns nothing.");
  await a.vanish();
  await expect.poll(() => b.owned.has(old.resource), bench.soon).toBe(true);
  const current = b.owned.get(old.resource);
  if (current === undefined) throw new Error("Nobody took over.");
  return { a, b, old, current };
}

const ofResource = (resource: string, low: number) => ({ ...cursor(low), subscriptionId: resource });

export const nodeChecks: readonly NodesCheck[] = [
  {
    promise: "each resource that all nodes want has one owner, and each node has a share",
    async runOnNodes(bench) {
      const { a, b } = await twoNodes(bench);

      expect([...owned(a), ...owned(b)].sort()).toEqual([...RESOURCES].sort());
    },
  },
  {
    promise: "a node that joins takes over its share, and nothing else moves",
    async runOnNodes(bench) {
      const { a, b } = await twoNodes(bench);
      const before = new Map([a, b].flatMap(({ id, owned: all }) => [...all.keys()].map((each) => [each, id])));

      const c = await watched(bench, "c");
      await wantAll(c);
      await expect.poll(() => c.owned.size, bench.soon).toBeGreaterThan(0);
      await shared(bench, [a, b, c]);

      for (const node of [a, b]) for (const each of owned(node)) expect(before.get(each)).toBe(node.id);
    },
  },
  {
    promise: "what a node owned goes to the others when it closes, under higher epochs",
    async runOnNodes(bench) {
      const { a, b } = await twoNodes(bench);
      const before = new Map(a.owned);

      await a.engine.close();

      await shared(bench, [b]);
      for (const { resource, epoch } of before.values()) expect(b.owned.get(resource)?.epoch).toBeGreaterThan(epoch);
      expect(a.lost).toEqual([]);
    },
  },
  {
    promise: "what a node that leaves has let go of goes to the others before it has let go of everything",
    async runOnNodes(bench) {
      const { a, b } = await twoNodes(bench);
      const [slow = "", ...others] = owned(a);
      const drained = deferred();
      a.drain = (resource) => (resource === slow ? drained.promise : undefined);

      const left = a.engine.owners.leave();

      await expect.poll(() => others.every((each) => b.owned.has(each)), bench.soon).toBe(true);
      expect([a.owned.has(slow), b.owned.has(slow)]).toEqual([true, false]);
      drained.resolve();
      await left;
      await expect.poll(() => b.owned.has(slow), bench.soon).toBe(true);
    },
  },
  {
    promise: "no node owns what another is still letting go of",
    async runOnNodes(bench) {
      const a = await watched(bench, "a");
      await wantAll(a);
      await shared(bench, [a]);
      const drained = deferred();
      a.drain = () => drained.promise;

      const b = await watched(bench, "b");
      await wantAll(b);
      await expect.poll(() => b.engine.nodes.list().length, bench.soon).toBe(2);
      await bench.clock.advance(5_000);
      const early = owned(b);
      drained.resolve();

      expect(early).toEqual([]);
      await expect.poll(() => b.owned.size, bench.soon).toBeGreaterThan(0);
      await shared(bench, [a, b]);
    },
  },
  {
    promise: "what a node owned that vanished goes to the others, and it is told that it has lost it",
    async runOnNodes(bench) {
      const { a, b } = await twoNodes(bench);
      const before = owned(a);

      await a.vanish();

      await shared(bench, [b]);
      await expect
        .poll(() => a.lost.map(({ resource }) => resource).toSorted((x, y) => (x < y ? -1 : 1)), bench.soon)
        .toEqual(before);
    },
  },
  {
    promise: "a hold that was superseded by another node's is confirmed no more after a second, and that one's is",
    async runOnNodes(bench) {
      const { a, b, old, current } = await superseded(bench);
      await bench.clock.advance(1_000);
      const ask = async ({ engine }: typeof a, hold: Ownership) => engine.owners.confirm(hold);
      const codeOf = (error: unknown) => (error instanceof KBrokerError ? error.code : String(error));
      const answer = () => ask(a, old).then(() => "confirmed", codeOf);

      await expect.poll(answer, bench.soon).toBe("epoch_stale");
      await ask(b, current);
    },
  },
  {
    promise: "a node whose hold was superseded by another node commits, parks and reports nothing",
    async runOnNodes(bench) {
      const { a, b, old, current } = await superseded(bench);
      const { resource } = old;
      const kept = { shard: SHARD, cursor: ofResource(resource, 7) };
      await b.engine.log.createTopic(TOPIC);
      await b.engine.cursors.commit(current, [kept]);
      await b.engine.parked.put(current, [entry(3)]);
      await b.engine.reports.report(current, "newer");
      const stale = { code: "epoch_stale" };

      await expect(
        a.engine.cursors.commit(old, [{ shard: SHARD, cursor: ofResource(resource, 1) }], [entry(3).source]),
      ).rejects.toMatchObject(stale);
      await expect(a.engine.parked.put(old, [entry(4)])).rejects.toMatchObject(stale);
      await expect(a.engine.reports.report(old, "older")).rejects.toMatchObject(stale);

      expect(await b.engine.cursors.load(resource)).toEqual([kept]);
      expect(await b.engine.parked.load(current)).toEqual([entry(3)]);
      expect(await b.engine.reports.read(resource)).toMatchObject({ value: "newer", epoch: current.epoch });
    },
  },
  {
    promise: "the next owner finds cursors and parked entries as the last one left them on another node",
    async runOnNodes(bench) {
      const { a, b } = await twoNodes(bench);
      const [hold] = a.owned.values();
      if (hold === undefined) throw new Error("The node owns nothing.");
      await a.engine.log.createTopic(TOPIC);
      const left = { shard: SHARD, cursor: ofResource(hold.resource, 2) };
      await a.engine.cursors.commit(hold, [left]);
      await a.engine.parked.put(hold, [entry(0), entry(1)]);
      await a.engine.cursors.commit(hold, [left], [entry(0).source]);

      await a.engine.close();
      await expect.poll(() => b.owned.has(hold.resource), bench.soon).toBe(true);

      const next = b.owned.get(hold.resource);
      if (next === undefined) throw new Error("Nobody took over.");
      expect(await b.engine.cursors.load(hold.resource)).toEqual([left]);
      expect(await b.engine.parked.load(next)).toEqual([entry(1)]);
    },
  },
  {
    promise: "a report is readable on every node",
    async runOnNodes(bench) {
      const { a, b } = await twoNodes(bench);
      const [hold] = a.owned.values();
      if (hold === undefined) throw new Error("The node owns nothing.");

      await a.engine.reports.report(hold, { inFlight: 3 });

      const expected = { value: { inFlight: 3 }, epoch: hold.epoch };
      await expect.poll(() => b.engine.reports.read(hold.resource), bench.soon).toMatchObject(expected);
      expect(await b.engine.reports.read(OTHER_SUBSCRIPTION)).toBeUndefined();
    },
  },
  {
    promise: "after caughtUp a node reads, and its watchers were told, what another node had put before",
    async runOnNodes({ openNode }) {
      const [{ engine: a }, { engine: b }] = [await openNode("a"), await openNode("b")];
      const heard: CatalogChange[] = [];
      b.catalog.watch((change) => void heard.push(change));
      const first = await a.catalog.put("topic", "orders", { ttl: 1 }, 0);
      const second = await a.catalog.put("topic", "orders", { ttl: 2 }, 1);

      await b.catalog.caughtUp();

      expect(heard.map(({ document }) => document)).toEqual([first, second]);
      expect(await b.catalog.get("topic", "orders")).toEqual(second);
      expect(await b.catalog.list("topic")).toEqual([second]);
    },
  },
  {
    promise: "watchers of every node hear each change in order, deletions too, without asking",
    async runOnNodes({ openNode, soon }) {
      const [{ engine: a }, { engine: b }] = [await openNode("a"), await openNode("b")];
      const heard: (number | undefined)[] = [];
      b.catalog.watch(({ document }) => void heard.push(document?.version));

      await a.catalog.put("topic", "orders", {}, 0);
      await a.catalog.put("topic", "orders", {}, 1);
      await a.catalog.delete("topic", "orders", 2);

      await expect.poll(() => heard, soon).toEqual([1, 2, undefined]);
    },
  },
  {
    promise: "of puts that race on several nodes one wins for each version, and all nodes agree on it",
    async runOnNodes({ openNode }) {
      const engines = [await openNode("a"), await openNode("b"), await openNode("c")].map(({ engine }) => engine);
      for (let version = 0; version < 4; version += 1) {
        const puts = engines.map((engine, index) => engine.catalog.put("topic", "orders", { index, version }, version));
        const results = await Promise.allSettled(puts);
        const won = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
        const lost = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));

        expect(won).toHaveLength(1);
        expect(lost).toMatchObject([{ code: "version_conflict" }, { code: "version_conflict" }]);
        for (const { catalog } of engines) {
          await catalog.caughtUp();
          expect(await catalog.get("topic", "orders")).toEqual(won[0]);
        }
      }
    },
  },
  {
    promise: "every node names the same nodes, itself among them, and who holds what under which epoch since when",
    async runOnNodes(bench) {
      const { a, b } = await twoNodes(bench);
      const seen = ({ engine }: Watched) =>
        engine.nodes.list().map(({ id, url, roles, isSelf, holds }) => {
          const held = holds.map(({ resource, epoch }) => ({ resource, epoch }));
          return { id, url, roles: [...roles].sort(), isSelf, holds: held };
        });
      const roles = ["admin", "inbox", "outbox"];
      const expected = (self: Watched) =>
        [a, b].map((node) => {
          const holds = owned(node).map((each) => ({ resource: each, epoch: node.owned.get(each)?.epoch }));
          return { id: node.id, url: `http://${node.id}`, roles, isSelf: node === self, holds };
        });

      await expect.poll(() => seen(a), bench.soon).toEqual(expected(a));
      await expect.poll(() => seen(b), bench.soon).toEqual(expected(b));

      const since = ({ engine }: Watched) =>
        engine.nodes.list().map(({ sinceMs, holds }) => [sinceMs, ...holds.map((hold) => hold.sinceMs)]);
      expect(since(a)).toEqual(since(b));
      expect(since(a).flat().every(Number.isFinite)).toBe(true);
    },
  },
  {
    promise: "every node names the same owner of a resource: who holds it, or is to",
    async runOnNodes(bench) {
      const { a, b } = await twoNodes(bench);
      const named = ({ engine }: Watched) => RESOURCES.map((each) => engine.nodes.ownerOf(each)?.id);
      const holders = RESOURCES.map((each) => (a.owned.has(each) ? "a" : "b"));

      await expect.poll(() => named(a), bench.soon).toEqual(holders);
      await expect.poll(() => named(b), bench.soon).toEqual(holders);
      expect(a.engine.nodes.ownerOf("wanted by nobody")?.id).toBe(b.engine.nodes.ownerOf("wanted by nobody")?.id);
      expect(a.engine.nodes.ownerOf("wanted by nobody")).toBeDefined();
    },
  },
  {
    promise: "a node that closed or vanished is named no more",
    async runOnNodes(bench) {
      const { a, b } = await twoNodes(bench);
      const c = await watched(bench, "c");
      const ids = () => c.engine.nodes.list().map(({ id }) => id);
      await expect.poll(ids, bench.soon).toEqual(["a", "b", "c"]);

      await a.engine.close();
      await b.vanish();

      await expect.poll(ids, bench.soon).toEqual(["c"]);
      expect(RESOURCES.map((each) => c.engine.nodes.ownerOf(each)?.id)).toEqual(RESOURCES.map(() => "c"));
    },
  },
  {
    promise: "what one node appends, every node reads, and whoever waits for it is woken",
    async runOnNodes({ openNode, soon }) {
      const [{ engine: a }, { engine: b }] = [await openNode("a"), await openNode("b")];
      await a.log.createTopic(TOPIC);
      await b.log.createTopic(TOPIC);
      const changed = b.log.changed(SHARD, 0, new AbortController().signal);

      await a.log.append(TOPIC, [message("1")]);
      await b.log.append(TOPIC, [message("2")]);

      await changed;
      await expect.poll(() => idsIn(a), soon).toEqual(["1", "2"]);
      await expect.poll(() => idsIn(b), soon).toEqual(["1", "2"]);
    },
  },
];
