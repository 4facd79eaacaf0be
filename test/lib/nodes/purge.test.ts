import { expect, test } from "vitest";
import { ENDPOINT } from "../../support/broker.ts";
import { answered } from "../../support/consumer.ts";
import { openCluster, ownerOf } from "../../support/nodes.ts";

const NAMES = ["billing", "shipping", "search", "audit"];
const ALL = { filter: {}, dryRun: false };

/** Subscriptions of two nodes that share a dead letter topic, with a letter of each in it. */
async function openShared() {
  const cluster = openCluster();
  const [a, b] = [await cluster.open("a"), await cluster.open("b")];
  await cluster.during(a.admin.call("topicCreate", { body: { name: "orders", visibility: "public", schema: "{}" } }));
  for (const name of NAMES) {
    const how = { from: "beginning", permanentStatuses: [400], deadLetterTopic: "shared_errors" };
    await cluster.during(
      a.admin.call("subscriptionCreate", { body: { name, topic: "orders", endpoint: ENDPOINT, ...how } }),
    );
  }
  cluster.consumer.script(() => answered(400));
  await a.admin.publish({ topic: "orders", id: "1", attributes: [], payload: new TextEncoder().encode("1") });
  await cluster.clock.advance(20_000);
  const { id } = await cluster.during(a.admin.call("topicDescribe", { name: "shared_errors" }));
  const [shard] = await a.engine.log.shards(id);
  if (shard === undefined) throw new Error("The topic has no shard.");
  const ofA = NAMES.filter((name) => ownerOf([a, b], name).owner === a);
  const [last, ...ofB] = NAMES.filter((name) => !ofA.includes(name));
  if (last === undefined || ofA.length === 0) throw new Error("One node owns them all.");
  return { cluster, a, b, shard, ofA, ofB, last };
}

test("a purge takes no letter away that another node has taken for a redrive a moment ago", async () => {
  const { cluster, a, b, shard, ofA, ofB, last } = await openShared();
  for (const name of ofB) await b.broker.purgeDeadLetters(name, ALL);
  cluster.consumer.script(() => "hold");
  await cluster.clock.advance(5_000);

  await b.broker.redrive(last, { ...ALL, includeSetAside: false });
  await cluster.clock.advance(300);
  for (const name of ofA) await a.broker.purgeDeadLetters(name, ALL);

  expect(await a.engine.log.bounds(shard)).toEqual({ start: 0, end: NAMES.length });
});
