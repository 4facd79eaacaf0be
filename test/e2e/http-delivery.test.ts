import { expect, test } from "vitest";
import { deadLetterListReply } from "../../src/lib/api/dead-letter.ts";
import { deferred, isPending } from "../support/promises.ts";
import { eventually, refusal, startBroker, startConsumer } from "./http.ts";

const E2E = { timeout: 60_000 };

async function orders(status: number, retryDelays: readonly string[]) {
  const [broker, consumer] = await Promise.all([startBroker(), startConsumer(status)]);
  await broker.admin("topicCreate", "", { name: "orders" });
  const subscription = { name: "billing", topic: "orders", endpoint: consumer.url, retryDelays };
  await broker.admin("subscriptionCreate", "", subscription);
  return { broker, consumer };
}

test("what the consumer refuses is tried again, counted, and delivered in the end", E2E, async () => {
  const { broker, consumer } = await orders(
    500,
    Array.from({ length: 50 }, () => "20ms"),
  );

  await broker.publish("orders", '{"a":1}', { "X-KB-MessageID": "o-1" });
  await consumer.received(2);
  consumer.status = 200;

  await eventually(async () => expect(await broker.admin("subscriptionLag", "billing")).toMatchObject({ lag: 0 }));
  const attempts = consumer.pushes.map(({ headers }) => Number(headers["x-kb-deliveryattempt"]));
  expect(attempts).toEqual(attempts.map((_, index) => index + 1));
  expect(new Set(consumer.pushes.map(({ headers }) => headers["x-kb-messageid"]))).toEqual(new Set(["o-1"]));
  expect(new Set(consumer.pushes.map(({ headers }) => headers["x-kb-publishtime"])).size).toBe(1);
});

test("what is refused too often lands in the dead letter topic, whole and with the reason", E2E, async () => {
  const { broker, consumer } = await orders(500, ["1ms", "1ms"]);
  const body = '{ "a": 1e400 }';

  await broker.publish("orders", body, { "X-KB-MessageID": "o-1", "X-KB-Key": "k", "Event-Type": "created" });
  const url = `${broker.url}/admin/v1/subscriptions/billing/dead-letters?payload=true`;
  const { items, total } = await eventually(async () => {
    const list = deadLetterListReply.parse(await (await fetch(url)).json());
    expect(list).toMatchObject({ total: 1 });
    return list;
  });

  expect(total).toBe(1);
  expect(items).toMatchObject([
    {
      ...{ name: "o-1", key: "k", attributes: { "event-type": "created" }, payload: body, status: 500, attempts: 3 },
      ...{ class: "answered", sourceTopic: "orders", source: { shard: 0, offset: 0 } },
    },
  ]);
  expect(consumer.pushes).toHaveLength(3);
  await eventually(async () =>
    expect(await broker.admin("subscriptionLag", "billing")).toMatchObject({ lag: 0, parked: 0, deadLetters: 1 }),
  );
});

test("a redirect is a refusal, and is not followed", E2E, async () => {
  const { broker, consumer } = await orders(302, ["1ms"]);

  await broker.publish("orders", "1");

  await eventually(async () =>
    expect(await broker.admin("subscriptionLag", "billing")).toMatchObject({ deadLetters: 1 }),
  );
  expect(consumer.pushes).toHaveLength(2);
});

test("a paused subscription is pushed nothing; resumed, it gets everything once", E2E, async () => {
  const { broker, consumer } = await orders(200, ["1s"]);

  const paused = await broker.admin("subscriptionPause", "billing");
  const pausedAgain = await broker.admin("subscriptionPause", "billing");
  for (let index = 0; index < 10; index += 1) await broker.publish("orders", `${index}`);
  await broker.idle();
  const lag = await broker.admin("subscriptionLag", "billing");
  const pushedWhilePaused = consumer.pushes.length;
  const resumed = await broker.admin("subscriptionResume", "billing");

  expect([paused.state, pausedAgain.state, resumed.state]).toEqual(["paused", "paused", "active"]);
  expect(lag).toMatchObject({ state: "paused", lag: 10, inFlight: 0 });
  expect(pushedWhilePaused).toBe(0);
  const pushes = await consumer.received(10);
  await broker.idle();
  expect(pushes.map(({ body }) => Number(body)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("a position survives the end of the program: what was acknowledged does not come again", E2E, async () => {
  const { broker, consumer } = await orders(200, ["1s"]);
  await broker.publish("orders", '"before"');
  await consumer.received(1);
  await broker.close();

  const again = await startBroker({ dataDir: broker.dataDir });
  await again.publish("orders", '"after"');

  const pushes = await consumer.received(2);
  await again.idle();
  expect(pushes.map(({ body }) => body.toString())).toEqual(['"before"', '"after"']);
});

test("a delivery under way is waited for when the broker closes, and does not come again", E2E, async () => {
  const { broker, consumer } = await orders(200, ["1s"]);
  const answer = deferred();
  consumer.hold = answer.promise;
  await broker.publish("orders", '"held"');
  await consumer.received(1);

  const closed = broker.close();
  const pendingWhileHeld = await isPending(closed);
  answer.resolve();
  await closed;
  const again = await startBroker({ dataDir: broker.dataDir });
  await again.publish("orders", '"after"');

  expect(pendingWhileHeld).toBe(true);
  await consumer.received(2);
  await again.idle();
  expect(consumer.pushes.map(({ body }) => body.toString())).toEqual(['"held"', '"after"']);
  expect(await again.admin("subscriptionLag", "billing")).toMatchObject({ lag: 0, parked: 0 });
});

test("the metrics of a topic and its subscription tell what happened", E2E, async () => {
  const { broker, consumer } = await orders(500, ["1ms"]);
  await broker.publish("orders", '"dead"', { "X-KB-MessageID": "o-1" });
  await eventually(async () =>
    expect(await broker.admin("subscriptionLag", "billing")).toMatchObject({ deadLetters: 1, lag: 0 }),
  );
  consumer.status = 200;
  await broker.publish("orders", '"good"', { "X-KB-MessageID": "o-2" });
  await broker.publish("orders", '"good"', { "X-KB-MessageID": "o-2" });
  await consumer.received(3);
  await broker.idle();

  const page = await (await fetch(`${broker.url}/metrics`)).text();

  const of = '{subscription="billing",topic="orders"}';
  expect(page.split("\n")).toEqual(
    expect.arrayContaining([
      'kbroker_published_total{topic="orders",result="stored"} 2',
      'kbroker_published_total{topic="orders",result="duplicate"} 1',
      'kbroker_delivered_total{subscription="billing",topic="orders",result="answered"} 2',
      'kbroker_delivered_total{subscription="billing",topic="orders",result="ack"} 1',
      `kbroker_delivery_seconds_count${of} 3`,
      `kbroker_dead_lettered_total${of} 1`,
      `kbroker_lag${of} 0`,
      `kbroker_in_flight${of} 0`,
      `kbroker_parked_messages${of} 0`,
      `kbroker_dead_letters${of} 1`,
      `kbroker_oldest_age_seconds${of} 0`,
    ]),
  );
});

test("what is not there is 404 with the nearest name, and what is there already is 409", E2E, async () => {
  const { broker } = await orders(200, ["1s"]);
  const get = async (path: string) => refusal(await fetch(`${broker.url}/admin/v1${path}`));
  const post = async (path: string, body: object) =>
    refusal(await fetch(`${broker.url}/admin/v1${path}`, { method: "POST", body: JSON.stringify(body) }));

  const endpoint = "http://127.0.0.1:1/events";
  const answers = [
    await get("/topics/ordrs"),
    await get("/topics/orders/schema"),
    await get("/subscriptions/biling"),
    await get("/subscriptions/biling/lag"),
    await post("/topics", { name: "orders" }),
    await post("/subscriptions", { name: "billing", topic: "orders", endpoint }),
    await post("/subscriptions", { name: "b", topic: "ordrs", endpoint }),
    await post("/subscriptions", { name: "b", topic: "orders", endpoint: "http://169.254.169.254/latest" }),
    await post("/topics", { name: "a_errors" }),
  ];

  expect(answers.map(({ status, code }) => `${status} ${code}`)).toEqual([
    ...["404 topic_not_found", "404 schema_not_found", "404 subscription_not_found", "404 subscription_not_found"],
    ...["409 topic_exists", "409 subscription_exists", "404 topic_not_found", "400 endpoint_forbidden"],
    "400 invalid_request",
  ]);
});
