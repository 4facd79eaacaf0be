import type { KBrokerError } from "../../src/lib/domain/error.ts";
import type { CatalogDocument, Engine, Ownership } from "../../src/lib/engine/port.ts";
import type { Prepare } from "./check.ts";
import { prepareMemory } from "./memory.ts";
import type { Mutant } from "./mutate.ts";

/** Every node with something laid over it. */
const overNodes =
  (mutate: (engine: Engine, id: string) => Partial<Engine>): Prepare =>
  async (clock, wanted) => {
    const under = await prepareMemory(clock, wanted);
    const openNode = async (id: string) => {
      const node = await under.openNode?.(id);
      if (node === undefined) throw new Error("The memory engine has nodes.");
      return { ...node, engine: { ...node.engine, ...mutate(node.engine, id) } };
    };
    return { ...under, openNode };
  };

/** What a hold of another node may do. */
const asNewest = (use: (engine: Engine, newest: (hold: Ownership) => Ownership) => Partial<Engine>): Prepare => {
  const epochs = new Map<string, number>();
  return overNodes((engine) => {
    const handle: Engine["owners"]["handle"] = (handler) =>
      engine.owners.handle({
        ...handler,
        acquired: (hold) => {
          epochs.set(hold.resource, hold.epoch);
          return handler.acquired(hold);
        },
      });
    const newest = ({ resource, epoch }: Ownership) => ({ resource, epoch: epochs.get(resource) ?? epoch });
    return { owners: { ...engine.owners, handle }, ...use(engine, newest) };
  });
};

const STALE = "a node whose hold was superseded by another node commits, parks and reports nothing";

export const NODE_MUTANTS: readonly Mutant[] = [
  {
    fault: "every node owns everything that it wants",
    breaks: "each resource that all nodes want has one owner, and each node has a share",
    prepare: overNodes(({ owners }) => {
      const handlers: Parameters<typeof owners.handle>[0][] = [];
      return {
        owners: {
          ...owners,
          handle: (handler) => void handlers.push(handler),
          want: async (resource) => handlers[0]?.acquired({ resource, epoch: 1 }),
        },
      };
    }),
  },
  {
    fault: "a release is not waited for",
    breaks: "no node owns what another is still letting go of",
    prepare: overNodes(({ owners }) => ({
      owners: {
        ...owners,
        handle: (handler) =>
          owners.handle({ ...handler, released: async (hold) => void handler.released(hold).catch(() => undefined) }),
      },
    })),
  },
  {
    fault: "nobody is told that a hold is lost",
    breaks: "what a node owned that vanished goes to the others, and it is told that it has lost it",
    prepare: overNodes(({ owners }) => ({
      owners: { ...owners, handle: (handler) => owners.handle({ ...handler, lost: () => {} }) },
    })),
  },
  {
    fault: "a node that was superseded by another is confirmed",
    breaks: "a hold that was superseded by another node's is confirmed no more after a second, and that one's is",
    prepare: overNodes(({ owners }) => ({ owners: { ...owners, confirm: () => undefined } })),
  },
  {
    fault: "a node that was superseded by another commits",
    breaks: STALE,
    prepare: asNewest(({ cursors }, newest) => ({
      cursors: { ...cursors, commit: (hold, ...rest) => cursors.commit(newest(hold), ...rest) },
    })),
  },
  {
    fault: "a node that was superseded by another parks",
    breaks: STALE,
    prepare: asNewest(({ parked }, newest) => ({
      parked: { ...parked, put: (hold, entries) => parked.put(newest(hold), entries) },
    })),
  },
  {
    fault: "a node that was superseded by another reports",
    breaks: STALE,
    prepare: asNewest(({ reports }, newest) => ({
      reports: { ...reports, report: (hold, value) => reports.report(newest(hold), value) },
    })),
  },
  {
    fault: "reports stay on the node that made them",
    breaks: "a report is readable on every node",
    prepare: overNodes(({ reports }) => {
      const own = new Set<string>();
      return {
        reports: {
          report: (hold, value) => reports.report(hold, value).finally(() => own.add(hold.resource)),
          read: async (resource) => (own.has(resource) ? reports.read(resource) : undefined),
        },
      };
    }),
  },
  {
    fault: "caughtUp does not wait",
    breaks: "after caughtUp a node reads, and its watchers were told, what another node had put before",
    prepare: overNodes(({ catalog }) => ({ catalog: { ...catalog, caughtUp: async () => {} } })),
  },
  {
    fault: "watchers hear only of their own node's changes",
    breaks: "watchers of every node hear each change in order, deletions too, without asking",
    prepare: overNodes(({ catalog }) => ({ catalog: { ...catalog, watch: () => () => {} } })),
  },
  {
    fault: "whoever loses a race is told that it won",
    breaks: "of puts that race on several nodes one wins for each version, and all nodes agree on it",
    prepare: overNodes(({ catalog }) => ({
      catalog: {
        ...catalog,
        put: (kind, name, value, expected): Promise<CatalogDocument> =>
          catalog
            .put(kind, name, value, expected)
            .catch((_: KBrokerError) => ({ kind, name, value, version: expected + 1 })),
      },
    })),
  },
  {
    fault: "a node knows only its own holds",
    breaks: "every node names the same nodes, itself among them, and who holds what under which epoch since when",
    prepare: overNodes(({ nodes }) => ({
      nodes: { ...nodes, list: () => nodes.list().map((node) => (node.isSelf ? node : { ...node, holds: [] })) },
    })),
  },
  {
    fault: "a node tells its holds with an epoch of its own",
    breaks: "every node names the same nodes, itself among them, and who holds what under which epoch since when",
    prepare: overNodes(({ nodes }) => ({
      nodes: {
        ...nodes,
        list: () => nodes.list().map((node) => ({ ...node, holds: node.holds.map((hold) => ({ ...hold, epoch: 0 })) })),
      },
    })),
  },
  {
    fault: "a node takes itself for the owner of everything",
    breaks: "every node names the same owner of a resource: who holds it, or is to",
    prepare: overNodes(({ nodes }) => ({
      nodes: { ...nodes, ownerOf: () => nodes.list().find(({ isSelf }) => isSelf) },
    })),
  },
];
