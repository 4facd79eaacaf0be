import { expect, test } from "vitest";
import { openCatalogView } from "../../../../src/lib/broker/catalog-view.ts";
import { clusterOf } from "../../../../src/lib/broker/control/cluster.ts";
import { describeGroup, listGroups } from "../../../../src/lib/broker/control/groups.ts";
import type { GroupEntry, GroupKind, GroupList } from "../../../../src/lib/domain/consumer-group.ts";
import { memoryEngine } from "../../../../src/lib/engine/memory/engine.ts";
import type { Cluster } from "../../../../src/lib/engine/port.ts";
import { ENDPOINT, openTestBroker } from "../../../support/broker.ts";
import { manualClock } from "../../../support/manual-clock.ts";

const PAGE = { limit: 100, all: false, brief: false };

const entry = (name: string, kind: GroupKind = "native", resource: string | null = null): GroupEntry => ({
  ...{ name, kind, resource, type: "classic", state: "Stable", coordinator: 1 },
});

/** A cluster that has these groups, with nobody in them. */
function clusterWith(groups: readonly GroupEntry[], unheard: GroupList["unheard"] = []): Cluster {
  const looked = (group: GroupEntry) => ({ ...group, members: [], offsets: [] });
  return {
    describe: () => Promise.reject(new Error("Nobody asks.")),
    groups: async () => ({ groups, unheard }),
    look: async (asked) => asked.map(looked),
    group: async (name) => groups.filter((group) => group.name === name).map(looked)[0],
    groupOf: (resource) => `shop-${resource}`,
  };
}

async function looking(cluster: Cluster) {
  const clock = manualClock();
  const engine = { ...memoryEngine({ clock }), cluster };
  const view = await openCatalogView(engine.catalog, () => {});
  return { engine, view, clock };
}

const GROUPS = [entry("__kbroker_nodes", "kbroker"), entry("a"), entry("b"), entry("billing"), entry("c")];

test("an engine that is no cluster is said to be none, with what to look at instead", () => {
  const error = thrownBy(() => clusterOf(memoryEngine({ clock: manualClock() })));

  expect(error).toMatchObject({ code: "no_cluster", hint: "kbroker broker status" });
});

test("groups come in pages, kbroker's own only where all are asked for", async () => {
  const control = await looking(clusterWith(GROUPS));

  const first = await listGroups(control, { ...PAGE, limit: 3 });
  const second = await listGroups(control, { ...PAGE, limit: 3, after: first.next ?? "" });
  const all = await listGroups(control, { ...PAGE, all: true });

  expect(first.groups.map(({ name }) => name)).toEqual(["a", "b", "billing"]);
  expect([first.total, first.next]).toEqual([4, "billing"]);
  expect([second.groups.map(({ name }) => name), second.next]).toEqual([["c"], null]);
  expect(all.groups.map(({ name }) => name)).toEqual(GROUPS.map(({ name }) => name));
});

test("a brief list does not ask what is in the groups", async () => {
  const control = await looking({ ...clusterWith(GROUPS), look: () => Promise.reject(new Error("Asked.")) });

  const { groups } = await listGroups(control, { ...PAGE, brief: true });

  expect(groups).toHaveLength(4);
});

test("a group that is not there is answered with the nearest name", async () => {
  const control = await looking(clusterWith(GROUPS));

  await expect(describeGroup(control, "biling")).rejects.toMatchObject({
    code: "group_not_found",
    message: 'There is no consumer group "biling". Did you mean "billing"?',
    hint: "kbroker group describe billing",
  });
});

test("while a broker says nothing no group is said not to be there", async () => {
  const control = await looking(clusterWith(GROUPS, [{ broker: 2, reason: "It hangs." }]));

  await expect(describeGroup(control, "other")).rejects.toMatchObject({
    code: "engine_unavailable",
    message: 'No group "other" was found, and broker 2 did not answer.',
  });
});

test("the group of a subscription is found by the subscription's name where it has another one", async () => {
  const groups: GroupEntry[] = [];
  const engine = { ...memoryEngine({ clock: manualClock() }), cluster: clusterWith(groups) };
  const { broker } = await openTestBroker({ engine });
  await broker.createTopic({ name: "orders", visibility: "private" });
  const wish = { name: "billing", topic: "orders", endpoint: ENDPOINT, from: "beginning" } as const;
  const { id } = (await broker.createSubscription(wish)).subscription;
  groups.push(entry(`shop-${id}`, "subscription", id));

  const found = await broker.describeGroup("billing");

  expect(found).toMatchObject({ name: `shop-${id}`, subscription: "billing" });
});

test("groups are listed while the catalog's own storage does not answer", async () => {
  const { engine, view, clock } = await looking(clusterWith(GROUPS));
  const catalog = { ...engine.catalog, caughtUp: () => new Promise<void>(() => {}) };
  const listed = listGroups({ engine: { ...engine, catalog }, view, clock }, PAGE);

  await clock.advance(2_000);

  expect((await listed).total).toBe(4);
});

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
