import { expect, test } from "vitest";
import { CONTROL_RESOURCE } from "../../../src/lib/broker/control/duty.ts";
import { KBrokerError } from "../../../src/lib/domain/error.ts";
import { HEADER } from "../../../src/lib/domain/headers.ts";
import type { Engine } from "../../../src/lib/engine/port.ts";
import { FORWARDED_BY } from "../../../src/lib/server/forward.ts";
import { ENDPOINT } from "../../support/broker.ts";
import { ok } from "../../support/consumer.ts";
import { type Cluster, type Node, openCluster, ownerOf } from "../../support/nodes.ts";
import { deferred } from "../../support/promises.ts";

const PAYLOAD = new TextEncoder().encode('{"n":1}');

async function openShop(cluster: Cluster, names: readonly string[], over?: (engine: Engine) => Engine) {
  const [a, b] = [await cluster.open("a", over), await cluster.open("b", over)];
  await cluster.during(a.admin.call("topicCreate", { body: { name: "orders", visibility: "public", schema: "{}" } }));
  for (const name of names) {
    const body = { name, topic: "orders", endpoint: ENDPOINT, from: "beginning" };
    await cluster.during(b.admin.call("subscriptionCreate", { body }));
  }
  return { a, b };
}

async function publish(cluster: Cluster, { admin }: Node, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await admin.publish({ topic: "orders", id, attributes: [], payload: PAYLOAD });
  await cluster.clock.advance(1_000);
}

test("an owner that does not answer: what looks is answered with what is known, and a change is refused with when to try again", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster, ["billing"]);
  const { owner, other } = ownerOf([a, b], "billing");
  await publish(cluster, other, "1", "2");
  await cluster.clock.advance(3_000);
  await owner.unplug();

  const lag = await cluster.during(other.admin.call("subscriptionLag", { name: "billing" }));
  const paused = await cluster.during(other.admin.call("subscriptionPause", { name: "billing" }));
  const rewind = fetch(`${other.url}/admin/v1/subscriptions/billing/rewind`, { method: "POST", body: '{"hours":1}' });
  const refused = await cluster.during(rewind);

  expect(lag).toMatchObject({ lag: 0, owner: owner.id, health: "ok" });
  expect(paused).toMatchObject({ state: "paused" });
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("2");
  const { error } = (await refused.json()) as { error: { code: string; message: string } };
  expect(error.code).toBe("owner_unreachable");
  expect(error.message).toMatch(`The node "${owner.id}"`);
  expect(error.message).toMatch("Nothing was changed.");
});

test("a call is not held up by an owner that hangs once that one is missed among the nodes", async () => {
  const cluster = openCluster();
  const hanging = new Set<string | undefined>();
  const { a, b } = await openShop(cluster, ["billing"], (engine) => ({
    ...engine,
    catalog: {
      ...engine.catalog,
      caughtUp: () =>
        hanging.has(engine.nodes.list().find(({ isSelf }) => isSelf)?.id)
          ? new Promise(() => {})
          : engine.catalog.caughtUp(),
    },
  }));
  const { owner, other } = ownerOf([a, b], "billing");
  await publish(cluster, other, "1");
  hanging.add(owner.id);

  const looked = other.admin.call("subscriptionLag", { name: "billing" });
  const changed = fetch(`${other.url}/admin/v1/subscriptions/billing/rewind`, { method: "POST", body: '{"hours":1}' });
  await cluster.clock.advance(1_000);
  cluster.nodes.kill(owner.id);
  const [lag, refused] = await cluster.during(Promise.all([looked, changed]));

  expect(lag).toMatchObject({ subscription: "billing" });
  expect(refused.status).toBe(503);
  const { error } = (await refused.json()) as { error: { code: string; message: string } };
  expect(error).toMatchObject({ code: "owner_unreachable" });
  expect(error.message).toMatch("Whether it was done is not known.");
});

test("an owner that has reported nothing for 75 seconds is not believed: its numbers are unknown, not old", async () => {
  const cluster = openCluster();
  const silent: { is: boolean } = { is: false };
  const { a, b } = await openShop(cluster, ["billing"], quietWhile(silent));
  const { other, owner } = ownerOf([a, b], "billing");
  await publish(cluster, other, "1");
  await cluster.clock.advance(3_000);
  const [fresh] = (await cluster.during(other.admin.call("subscriptionList"))).items;
  silent.is = true;
  await cluster.clock.advance(76_000);
  await owner.unplug();

  const [item] = (await cluster.during(other.admin.call("subscriptionList"))).items;
  const lag = await cluster.during(other.admin.call("subscriptionLag", { name: "billing" }));

  expect(fresh).toMatchObject({ lag: 0, parked: 0, health: "ok" });
  expect(item).toMatchObject({ lag: null, parked: null, health: "unknown" });
  expect(lag).toMatchObject({ lag: null, owner: owner.id, shards: [{ low: 1, end: 1 }] });
});

/** Reports get lost without anybody being told. */
function quietWhile(silent: { readonly is: boolean }) {
  return (engine: Engine): Engine => ({
    ...engine,
    reports: {
      ...engine.reports,
      report: (hold, value) => (silent.is ? Promise.resolve() : engine.reports.report(hold, value)),
    },
  });
}

test("an owner with nothing new to tell tells it about twice a minute, and is believed all the time", async () => {
  const cluster = openCluster();
  let reports = 0;
  const { a, b } = await openShop(cluster, ["billing"], (engine) => ({
    ...engine,
    reports: {
      ...engine.reports,
      async report(hold, value) {
        await engine.reports.report(hold, value);
        reports += 1;
      },
    },
  }));
  const { other } = ownerOf([a, b], "billing");
  await cluster.clock.advance(60_000);

  reports = 0;
  const seen: unknown[] = [];
  for (let second = 0; second < 120; second += 8) {
    await cluster.clock.advance(8_000);
    seen.push((await cluster.during(other.admin.call("subscriptionList"))).items[0]?.lag);
  }

  expect(new Set(seen)).toEqual(new Set([0]));
  expect(reports).toBeGreaterThanOrEqual(4);
  expect(reports).toBeLessThanOrEqual(6);
});

test("what changes is told at once also after minutes with nothing new", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster, ["billing"]);
  const { other } = ownerOf([a, b], "billing");
  const { id } = await cluster.during(other.admin.call("subscriptionDescribe", { name: "billing" }));
  await cluster.clock.advance(180_000);
  const toldAtMs = async () => (await other.engine.reports.read(id))?.atMs;
  const before = await toldAtMs();
  while ((await toldAtMs()) === before) await cluster.clock.advance(1_000);
  cluster.consumer.script(() => "hold");

  await publish(cluster, other, "1");
  await cluster.clock.advance(1_000);

  expect(await other.engine.reports.read(id)).toMatchObject({ value: { delivery: { inFlight: 1 } } });
});

test("what an owner before told is not believed once another node has the subscription", async () => {
  const cluster = openCluster();
  const silent: { is: boolean } = { is: false };
  const { a, b } = await openShop(cluster, ["billing"], quietWhile(silent));
  const c = await cluster.open("c", quietWhile(silent));
  await cluster.clock.advance(3_000);
  const before = ownerOf([a, b, c], "billing").owner;
  silent.is = true;
  await before.kill();
  await cluster.clock.advance(1_000);
  const left = [a, b, c].filter((node) => node !== before);
  const { other } = ownerOf(left, "billing");

  const [whileSilent] = (await cluster.during(other.admin.call("subscriptionList"))).items;
  silent.is = false;
  await cluster.clock.advance(31_000);
  const [later] = (await cluster.during(other.admin.call("subscriptionList"))).items;

  expect(whileSilent).toMatchObject({ lag: null, health: "unknown" });
  expect(later).toMatchObject({ lag: 0, health: "ok" });
});

test("subscriptions that wait for the next message ask the log nothing", async () => {
  const cluster = openCluster();
  const looked = new Map<string, number>();
  const { a, b } = await openShop(cluster, ["billing", "audit"], (engine) => ({
    ...engine,
    log: {
      ...engine.log,
      offsetAt(shard, timeMs) {
        looked.set(shard.topicId, (looked.get(shard.topicId) ?? 0) + 1);
        return engine.log.offsetAt(shard, timeMs);
      },
    },
  }));
  const id = await topicId(cluster, a);
  await publish(cluster, b, "1");
  await cluster.clock.advance(30_000);

  looked.clear();
  await cluster.clock.advance(120_000);
  const idle = looked.get(id) ?? 0;
  await cluster.during(a.admin.call("subscriptionPause", { name: "billing" }));
  looked.clear();
  await cluster.clock.advance(120_000);

  // The one that trims looks once a minute; who is paused has to find what expires.
  expect(idle).toBeLessThanOrEqual(3);
  expect(looked.get(id)).toBeGreaterThanOrEqual(10);
});

test("an owner that is killed in the middle: the other node goes on, and the dead one settles nothing", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster, ["billing"]);
  const { owner, other } = ownerOf([a, b], "billing");
  await publish(cluster, other, "1");
  cluster.consumer.script(() => "hold");
  await publish(cluster, other, "2");

  cluster.consumer.script(() => ok);
  await owner.kill();
  cluster.consumer.answer("2", ok);
  await cluster.clock.advance(5_000);

  const lag = await cluster.during(other.admin.call("subscriptionLag", { name: "billing" }));
  expect(lag).toMatchObject({ lag: 0, owner: other.id });
  expect(cluster.consumer.received.map(({ id }) => id)).toEqual(["1", "2", "2"]);
  expect((await cluster.during(other.admin.call("nodeList"))).items).toMatchObject([
    { name: other.id, self: true, owns: expect.arrayContaining([expect.objectContaining({ name: "billing" })]) },
  ]);
});

test("a rewind that is ordered while the subscription moves between nodes is made once", async () => {
  const cluster = openCluster();
  const a = await cluster.open("a");
  await cluster.during(a.admin.call("topicCreate", { body: { name: "orders", visibility: "public", schema: "{}" } }));
  const names = Array.from({ length: 6 }, (_, index) => `s-${index}`);
  for (const name of names) {
    const body = { name, topic: "orders", endpoint: ENDPOINT, from: "beginning" };
    await cluster.during(a.admin.call("subscriptionCreate", { body }));
  }
  await publish(cluster, a, "1", "2");

  const orders = names.map((name) =>
    a.admin.call("subscriptionRewind", { name, body: { hours: 1, job: `back-${name}` } }),
  );
  const b = await cluster.open("b");
  const results = await cluster.during(Promise.allSettled(orders));
  const retried = names.map((name) =>
    b.admin.call("subscriptionRewind", { name, body: { hours: 1, job: `back-${name}` } }),
  );
  const moves = await cluster.during(Promise.all(retried));
  await cluster.clock.advance(5_000);

  for (const result of results)
    if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "owner_unreachable" });
  expect(moves.map(({ job, messages }) => ({ job, messages }))).toEqual(
    names.map((name) => ({ job: `back-${name}`, messages: 2 })),
  );
  expect(new Set(names.map((name) => ownerOf([a, b], name).owner.id))).toEqual(new Set(["a", "b"]));
  const pushes = cluster.consumer.received.map(
    ({ push, id }) => `${push.headers[push.headers.indexOf(HEADER.subscription) + 1]} ${id}`,
  );
  for (const name of names) expect(pushes.filter((each) => each === `${name} 1`)).toHaveLength(2);
});

test("a job that one node is ordering is not dropped by a node that starts", async () => {
  const cluster = openCluster();
  const [reached, go] = [deferred(), deferred()];
  const slow = (engine: Engine): Engine => ({
    ...engine,
    catalog: {
      ...engine.catalog,
      async put(kind, name, value, expected) {
        if (kind === "subscription" && expected === 1) {
          reached.resolve();
          await go.promise;
        }
        return engine.catalog.put(kind, name, value, expected);
      },
    },
  });
  const a = await cluster.open("a", slow);
  await cluster.during(a.admin.call("topicCreate", { body: { name: "orders", visibility: "public", schema: "{}" } }));
  const body = { name: "billing", topic: "orders", endpoint: ENDPOINT, from: "beginning" };
  await cluster.during(a.admin.call("subscriptionCreate", { body }));
  await publish(cluster, a, "1");

  const ordered = a.admin.call("subscriptionRewind", { name: "billing", body: { hours: 1, job: "back-1" } });
  await reached.promise;
  await cluster.open("b");
  await cluster.clock.advance(61_000);
  go.resolve();

  expect(await cluster.during(ordered)).toMatchObject({ job: "back-1" });
  expect(await cluster.during(a.admin.call("jobDescribe", { name: "back-1" }))).toMatchObject({ state: "done" });
});

test("a job whose node is gone before it was ordered is dropped by the others", async () => {
  const cluster = openCluster();
  const reached = deferred();
  const stuck = (engine: Engine): Engine => ({
    ...engine,
    catalog: {
      ...engine.catalog,
      async put(kind, name, value, expected) {
        if (kind !== "subscription" || expected !== 1) return engine.catalog.put(kind, name, value, expected);
        reached.resolve();
        return new Promise(() => {});
      },
    },
  });
  const a = await cluster.open("a", stuck);
  await cluster.during(a.admin.call("topicCreate", { body: { name: "orders", visibility: "public", schema: "{}" } }));
  const create = { name: "billing", topic: "orders", endpoint: ENDPOINT, from: "beginning" };
  await cluster.during(a.admin.call("subscriptionCreate", { body: create }));
  await publish(cluster, a, "1");
  const b = await cluster.open("b");
  void a.broker.rewind("billing", { hours: 1, job: "back-1", dryRun: false, ratePerS: undefined, to: undefined });
  await reached.promise;
  const during = (await cluster.during(b.admin.call("jobList"))).items.map(({ id }) => id);

  await a.kill();
  const again = await cluster.during(
    b.admin.call("subscriptionRewind", { name: "billing", body: { hours: 1, job: "back-2" } }),
  );

  expect(during).toEqual(["back-1"]);
  expect(again).toMatchObject({ job: "back-2", state: "done" });
  expect((await cluster.during(b.admin.call("jobList"))).items.map(({ id }) => id)).toEqual(["back-2"]);
});

test("a request is sent on once: one that says it was sent on already is refused by who does not own it", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster, ["billing"]);
  const { owner, other } = ownerOf([a, b], "billing");
  const ask = ({ url }: Node) =>
    fetch(`${url}/admin/v1/subscriptions/billing/lag`, { headers: { [FORWARDED_BY]: "x" } });

  const [ofOwner, ofOther] = [await cluster.during(ask(owner)), await cluster.during(ask(other))];

  expect(ofOwner.status).toBe(200);
  expect(ofOther.status).toBe(503);
  expect(await ofOther.json()).toMatchObject({ error: { code: "owner_unreachable" } });
});

test("the guard looks at what comes from outside, and a page of another site gains nothing by saying it was sent on", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster, ["billing"]);

  for (const { url } of [a, b]) {
    const headers = { origin: "http://evil.example", [FORWARDED_BY]: "a" };
    const answer = await fetch(`${url}/admin/v1/subscriptions/billing/pause`, { method: "POST", headers });
    expect(answer.status).toBe(403);
  }
});

test("the duty moves with its node, and what it had begun to remove is removed by the next", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster, ["billing"]);
  const [first, next] = a.engine.nodes.ownerOf(CONTROL_RESOURCE)?.isSelf ? [a, b] : [b, a];
  const marked = await next.engine.catalog.get("subscription", "billing");
  const value = { ...(marked?.value as object), deletion: { atMs: cluster.clock.now(), purgeErrors: false } };
  await next.engine.catalog.put("subscription", "billing", value, marked?.version ?? 0);

  await cluster.during(first.stop());
  await cluster.clock.advance(1_000);

  expect(await next.engine.catalog.get("subscription", "billing")).toBeUndefined();
  const created = next.admin.call("topicCreate", { body: { name: "more", visibility: "private" } });
  expect(await cluster.during(created)).toMatchObject({ name: "more" });
});

test("expired messages are trimmed though another node owns a subscription, but not while that one says nothing", async () => {
  const cluster = openCluster({ limits: { commitPeriodMs: 2_000, sweepPeriodMs: 60_000 } });
  const names = ["s-0", "s-1", "s-2", "s-3"];
  const quiet: { is: boolean } = { is: true };
  const { a, b } = await openShop(cluster, names, quietWhile(quiet));
  await cluster.during(a.admin.call("topicUpdate", { name: "orders", body: { ttl: "1h" } }));
  await publish(cluster, a, "1", "2");
  expect(new Set(names.map((name) => ownerOf([a, b], name).owner.id)).size).toBe(2);
  const [shard] = await a.engine.log.shards(await topicId(cluster, a));
  if (shard === undefined) throw new Error("The topic has no shard.");

  await cluster.clock.advance(67 * 60_000);
  const whileQuiet = await a.engine.log.bounds(shard);
  quiet.is = false;
  await cluster.clock.advance(2 * 60_000);

  expect(whileQuiet).toEqual({ start: 0, end: 2 });
  expect(await a.engine.log.bounds(shard)).toEqual({ start: 2, end: 2 });
});

async function topicId(cluster: Cluster, { admin }: Node): Promise<string> {
  return (await cluster.during(admin.call("topicDescribe", { name: "orders" }))).id;
}

/** As when it stood still: it hears nothing of what became of what it owned. */
const deaf = (engine: Engine): Engine => ({
  ...engine,
  owners: { ...engine.owners, handle: (handler) => engine.owners.handle({ ...handler, lost: () => {} }) },
});

test("an owner that stood still while another node took over pushes nothing when it goes on", async () => {
  const cluster = openCluster();
  const { a, b } = await openShop(cluster, ["billing"], deaf);
  const { owner, other } = ownerOf([a, b], "billing");
  await publish(cluster, other, "1");
  cluster.nodes.kill(owner.id);

  await publish(cluster, other, "2", "3");

  expect(cluster.consumer.log()).toBe("1 2 3");
});

test("nothing is pushed while nobody can say whether the subscription is still this node's, and all of it after that", async () => {
  const cluster = openCluster();
  const away: { is: boolean } = { is: false };
  const unsure = (engine: Engine): Engine => ({
    ...engine,
    owners: {
      ...engine.owners,
      confirm: (hold) =>
        away.is ? Promise.reject(new KBrokerError("engine_unavailable", "It is away.")) : engine.owners.confirm(hold),
    },
  });
  const { a, b } = await openShop(cluster, ["billing"], unsure);
  away.is = true;
  await publish(cluster, a, "1", "2");
  await cluster.clock.advance(60_000);
  const meanwhile = cluster.consumer.log();
  const told = [...a.notes.lines, ...b.notes.lines].filter((line) => line.includes("Nothing is pushed"));

  away.is = false;
  await cluster.clock.advance(2_000);

  expect([meanwhile, told.length]).toEqual(["", 1]);
  expect(cluster.consumer.log()).toBe("1 2");
});
