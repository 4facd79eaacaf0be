import { expect, test } from "vitest";
import type { RouteName } from "../../../src/lib/api/routes.ts";
import { ROUTES } from "../../../src/lib/api/routes.ts";
import { CONTROL_RESOURCE } from "../../../src/lib/broker/control/duty.ts";
import type { AdminRequest } from "../../../src/lib/client/admin.ts";
import { ENDPOINT } from "../../support/broker.ts";
import { answered, ok } from "../../support/consumer.ts";
import { type Cluster, type Node, openCluster, ownerOf } from "../../support/nodes.ts";

const PAYLOAD = new TextEncoder().encode('{"n":1}');
const SUBSCRIPTIONS = ["billing", "shipping", "search", "audit"];

/** Two nodes, a topic, and subscriptions of which each node owns some. */
async function openShop(cluster: Cluster): Promise<{ a: Node; b: Node }> {
  const [a, b] = [await cluster.open("a"), await cluster.open("b")];
  await cluster.during(a.admin.call("topicCreate", { body: { name: "orders", visibility: "public", schema: "{}" } }));
  for (const name of SUBSCRIPTIONS) {
    const body = { name, topic: "orders", endpoint: ENDPOINT, from: "beginning", retryDelays: ["1h"] };
    await cluster.during(b.admin.call("subscriptionCreate", { body }));
  }
  return { a, b };
}

const publish = ({ admin }: Node, id: string) =>
  admin.publish({ topic: "orders", id, attributes: [], payload: PAYLOAD });

/** What both nodes say when they are asked the same, at the same time of the clock. */
async function bothSay<N extends RouteName>(
  cluster: Cluster,
  { a, b }: { a: Node; b: Node },
  call: [N, AdminRequest<N>?],
) {
  const ask = ({ admin }: Node) => admin.call(call[0], call[1]).catch((error: unknown) => error);
  const [first, second] = [await cluster.during(ask(a)), await cluster.during(ask(b))];
  return [withoutTime(first), withoutTime(second)];
}

/** Every call takes time, and an id of a request is of the one request. */
function withoutTime(value: unknown): unknown {
  const text = JSON.stringify(value, (key, each) =>
    /^(asOf|ageMs|uptimeMs|rates|drainMs|requestId|self)$/.test(key) ? null : each,
  );
  return JSON.parse(text);
}

test("every call that looks is answered the same by every node, with what any of them has acknowledged", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster);
  cluster.consumer.script(({ id }) => (id.startsWith("bad") ? answered(500) : ok));
  for (const id of ["1", "bad-1", "2", "bad-2"]) await publish(a, id);
  await cluster.clock.advance(4_000);
  await cluster.during(
    b.admin.schedule({ topic: "orders", id: "later", attributes: [], payload: PAYLOAD, minutes: 5 }),
  );

  for (const name of SUBSCRIPTIONS) {
    const [ofA, ofB] = await bothSay(cluster, { a, b }, ["subscriptionLag", { name }]);
    expect(ofA).toMatchObject({ lag: 2, parked: 2, inFlight: 0, owner: ownerOf([a, b], name).owner.id });
    expect(ofB).toEqual(ofA);
    for (const route of ["subscriptionDescribe", "deadLetterList"] as const) {
      const [first, second] = await bothSay(cluster, { a, b }, [route, { name }]);
      expect(second).toEqual(first);
    }
  }
  const lists = ["topicList", "subscriptionList", "schemaList", "jobList", "connectorList", "nodeList"] as const;
  for (const route of lists) {
    const [first, second] = await bothSay(cluster, { a, b }, [route]);
    expect(first).toHaveProperty("items");
    expect(second).toEqual(first);
  }
  const [scheduledA, scheduledB] = await bothSay(cluster, { a, b }, ["scheduledList", { name: "orders" }]);
  expect(scheduledA).toMatchObject({ items: [{ id: "later" }] });
  expect(scheduledB).toEqual(scheduledA);
  const [statusA, statusB] = await bothSay(cluster, { a, b }, ["brokerStatus"]);
  expect(statusA).toMatchObject({ node: "a", nodes: 2, lag: 8, parked: 8, deadLetters: 0 });
  expect(statusB).toMatchObject({ node: "b", nodes: 2, lag: 8, parked: 8, deadLetters: 0 });
});

test("a mistake is answered the same by every node", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster);

  for (const call of [
    ["subscriptionLag", { name: "biling" }],
    ["subscriptionRewind", { name: "billing", body: { hours: 400, dryRun: true } }],
    ["topicCreate", { body: { name: "orders", visibility: "private" } }],
    ["topicDelete", { name: "orders", query: {} }],
    ["scheduledCancel", { name: "orders", query: { id: "none" } }],
    ["jobDescribe", { name: "none" }],
  ] as const) {
    const [first, second] = await bothSay(cluster, { a, b }, call as [RouteName, AdminRequest<RouteName>]);
    expect(first).toHaveProperty("code");
    expect(second).toEqual(first);
  }
});

test("what changes a subscription may be asked of any node, and is done once", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster);
  const { owner, other } = ownerOf([a, b], "billing");
  for (const id of ["1", "2"]) await publish(other, id);
  await cluster.clock.advance(1_000);

  const paused = await cluster.during(other.admin.call("subscriptionPause", { name: "billing" }));
  await publish(a, "3");
  await cluster.clock.advance(1_000);
  const rewound = await cluster.during(
    other.admin.call("subscriptionRewind", { name: "billing", body: { hours: 1, job: "back-1" } }),
  );
  const again = await cluster.during(
    owner.admin.call("subscriptionRewind", { name: "billing", body: { hours: 1, job: "back-1" } }),
  );
  const before = cluster.consumer.received.length;
  await cluster.during(other.admin.call("subscriptionResume", { name: "billing" }));
  await cluster.clock.advance(1_000);

  expect(paused.state).toBe("paused");
  expect(rewound).toMatchObject({ job: "back-1", state: "done", messages: 2 });
  expect(again).toEqual(rewound);
  expect(cluster.consumer.received.slice(before).map(({ id }) => id)).toEqual(["1", "2", "3"]);
});

test("a scheduled message is cancelled from any node", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster);
  const later = { topic: "orders", attributes: [], payload: PAYLOAD, minutes: 5 };
  for (const [node, id] of [
    [a, "later-1"],
    [b, "later-2"],
  ] as const) {
    await cluster.during(node.admin.schedule({ ...later, id }));
    await cluster.during(node.admin.call("scheduledCancel", { name: "orders", query: { id } }));
  }
  await cluster.clock.advance(10 * 60_000);

  expect(cluster.consumer.received).toEqual([]);
});

test("a change of topics and subscriptions is made by the node that has the duty, whoever is asked", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster);
  const asked = [a, b].map(({ admin }, index) =>
    admin.call("topicCreate", { body: { name: "same", visibility: "private" } }).then(
      () => index,
      (error: { code: string }) => error.code,
    ),
  );

  const answers = await cluster.during(Promise.all(asked));

  expect(answers.filter((answer) => answer === "topic_exists")).toHaveLength(1);
  expect([a, b].filter(({ engine }) => engine.nodes.ownerOf(CONTROL_RESOURCE)?.isSelf)).toHaveLength(1);
});

test("a deletion waits for what is in flight on the node that owns the subscription", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster);
  const away = SUBSCRIPTIONS.find(
    (name) => ownerOf([a, b], name).owner.engine.nodes.ownerOf(CONTROL_RESOURCE)?.isSelf === false,
  );
  if (away === undefined) throw new Error("The node with the duty owns everything.");
  cluster.consumer.script(() => "hold");
  await publish(a, "1");
  await cluster.clock.advance(100);

  let isDeleted = false;
  const deleted = a.admin.call("subscriptionDelete", { name: away, query: {} }).finally(() => {
    isDeleted = true;
  });
  for (let turn = 0; turn < 50; turn += 1) await cluster.clock.advance(50);
  const early = isDeleted;
  while (cluster.consumer.held.length > 0) cluster.consumer.answer("1", ok);
  await cluster.during(deleted);

  expect(early).toBe(false);
  const [ofA, ofB] = await bothSay(cluster, { a, b }, ["subscriptionLag", { name: away }]);
  expect(ofA).toMatchObject({ code: "subscription_not_found" });
  expect(ofB).toEqual(ofA);
});

test("a node that has not heard of a topic asks before it says that there is none", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster);
  const late = [a, b].find(({ engine }) => !engine.nodes.ownerOf(CONTROL_RESOURCE)?.isSelf);
  if (late === undefined) throw new Error("Both nodes have the duty.");
  cluster.nodes.holdBack(late.id);
  await cluster.during(late.admin.call("topicCreate", { body: { name: "new", visibility: "private" } }));

  const published = await late.admin.publish({ topic: "new", attributes: [], payload: PAYLOAD });
  await expect(late.admin.publish({ topic: "none", attributes: [], payload: PAYLOAD })).rejects.toMatchObject({
    code: "topic_not_found",
  });

  expect(published).toMatchObject({ topic: "new" });
  expect(await cluster.during(late.admin.call("topicDescribe", { name: "new" }))).toMatchObject({ messages: 1 });
});

test("a topic that was created anew elsewhere takes messages here at once", async () => {
  const cluster = openCluster();
  const [a, b] = [await cluster.open("a"), await cluster.open("b")];
  const late = a.engine.nodes.ownerOf(CONTROL_RESOURCE)?.isSelf ? b : a;
  const prompt = late === a ? b : a;
  await cluster.during(prompt.admin.call("topicCreate", { body: { name: "new", visibility: "private" } }));
  await late.admin.publish({ topic: "new", id: "old", attributes: [], payload: PAYLOAD });
  cluster.nodes.holdBack(late.id);
  await cluster.during(prompt.admin.call("topicDelete", { name: "new", query: {} }));
  await cluster.during(prompt.admin.call("topicCreate", { body: { name: "new", visibility: "private" } }));

  await late.admin.publish({ topic: "new", id: "fresh", attributes: [], payload: PAYLOAD });

  const { items } = await cluster.during(
    prompt.admin.call("messageList", { name: "new", query: { from: "beginning" } }),
  );
  expect(items.map(({ id }) => id)).toEqual(["fresh"]);
});

test("each route that changes something of a subscription says where it runs", () => {
  const routes = Object.entries<{ method: string; path: string; runs?: string }>(ROUTES);
  const changing = routes.filter(([, { method, path }]) => method !== "GET" && path.includes("/subscriptions"));

  for (const [name, { runs }] of changing) expect(runs, name).toBeDefined();
});
