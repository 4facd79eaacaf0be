import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { deadLetterListReply } from "../../src/lib/api/dead-letter.ts";
import { httpServer } from "../lib/outbox/servers.ts";
import { type E2eBroker, eventually, startBroker } from "./http.ts";

const E2E = { timeout: 60_000 };

type Answer = (response: ServerResponse, id: string) => void;
const say =
  (status: number, headers: Record<string, string> = {}, text = ""): Answer =>
  (response) =>
    response.writeHead(status, headers).end(text);

/** A topic, and a consumer that answers as it is told. */
async function orders(first: Answer, settings: Record<string, unknown> = {}) {
  const consumer = { answer: first, received: [] as string[] };
  const server = await httpServer((request, response) => {
    const id = String(request.headers["x-kb-messageid"]);
    consumer.received.push(id);
    request.resume().once("end", () => consumer.answer(response, id));
  });
  const broker = await startBroker();
  await broker.admin("topicCreate", "", { name: "orders" });
  const subscription = { name: "billing", topic: "orders", endpoint: `${server.origin}/events`, ...settings };
  await broker.admin("subscriptionCreate", "", subscription);
  const publish = async (...ids: readonly string[]) => {
    for (const id of ids) await broker.publish("orders", "1", { "X-KB-MessageID": id });
  };
  return { broker, consumer, publish, lag: () => broker.admin("subscriptionLag", "billing") };
}

async function letters(broker: E2eBroker) {
  const url = `${broker.url}/admin/v1/subscriptions/billing/dead-letters`;
  return deadLetterListReply.parse(await (await fetch(url)).json()).items;
}

test("503 to everything opens the circuit, and the first probe after recovery closes it", E2E, async () => {
  const { broker, consumer, publish, lag } = await orders(say(503), { retryDelays: ["50ms"] });

  await publish("a", "b", "c", "d", "e", "f");
  const open = await eventually(async () => {
    const shown = await lag();
    expect(shown).toMatchObject({ health: "degraded", circuit: { state: "open", kind: "failing" } });
    return shown;
  });
  expect(open.circuit).toMatchObject({ reason: "answered 503", since: expect.any(String) });
  expect(open.healthReason).toContain("the endpoint fails since");
  expect(await (await fetch(`${broker.url}/metrics`)).text()).toContain(
    'kbroker_circuit_open{subscription="billing",topic="orders"} 1',
  );
  consumer.answer = say(204);

  await eventually(async () =>
    expect(await lag()).toMatchObject({ lag: 0, health: "ok", circuit: { state: "closed" }, deadLetters: 0 }),
  );
});

test("410 pauses the subscription and says so; resumed it goes on", E2E, async () => {
  const { broker, consumer, publish, lag } = await orders(say(410), { retryDelays: ["1ms"] });

  await publish("a");
  await eventually(async () => expect(await lag()).toMatchObject({ state: "paused", parked: 1 }));
  expect(await broker.admin("subscriptionDescribe", "billing")).toMatchObject({
    ...{ state: "paused", pausedBecause: expect.stringContaining("answered 410 (gone)") },
  });
  consumer.answer = say(200);
  expect(await broker.admin("subscriptionResume", "billing")).toMatchObject({ state: "active", pausedBecause: null });

  await eventually(async () => expect(await lag()).toMatchObject({ lag: 0, deadLetters: 0 }));
  expect(consumer.received).toEqual(["a", "a"]);
});

test("Retry-After on 429 holds the whole subscription until then", E2E, async () => {
  const { broker, consumer, publish, lag } = await orders(say(429, { "Retry-After": "3600" }), {
    retryDelays: ["1ms"],
  });

  await publish("a");
  await eventually(async () => expect(await lag()).toMatchObject({ parked: 1, heldUntil: expect.any(String) }));
  await publish("b");
  await broker.idle();
  expect(consumer.received).toEqual(["a"]);
  consumer.answer = say(200);
  await broker.admin("subscriptionPause", "billing");
  await broker.admin("subscriptionResume", "billing");

  await eventually(async () => expect(await lag()).toMatchObject({ lag: 0, heldUntil: null, health: "ok" }));
});

test(
  "X-KB-Result and --permanent-status: what will never be taken is a dead letter at once, in the consumer's words",
  E2E,
  async () => {
    const answers: Record<string, Answer> = {
      status: say(422, {}, '{"error":"no such order"}'),
      word: say(500, { "X-KB-Result": "permanent" }),
      business: say(409, { "X-KB-Result": "business" }),
    };
    const { broker, publish, lag } = await orders((response, id) => (answers[id] ?? say(204))(response, id), {
      permanentStatuses: [400, 422],
    });

    await publish("status", "word", "business", "good");

    await eventually(async () => expect(await lag()).toMatchObject({ lag: 0, deadLetters: 2, health: "ok" }));
    const found = (await letters(broker)).toSorted((a, b) => a.name.localeCompare(b.name));
    expect(found).toMatchObject([
      { name: "status", class: "permanent", attempts: 1, reason: 'answered 422: {"error":"no such order"}' },
      { name: "word", class: "permanent", attempts: 1, reason: "answered 500" },
    ]);
    expect(await (await fetch(`${broker.url}/metrics`)).text()).toContain(
      'kbroker_delivered_total{subscription="billing",topic="orders",result="business"} 1',
    );
  },
);

test("what is known of an endpoint survives the end of the program", E2E, async () => {
  const { broker, publish, lag } = await orders(say(503), { retryDelays: ["50ms"] });
  await publish("a", "b", "c", "d", "e", "f");
  const before = await eventually(async () => {
    const shown = await lag();
    expect(shown.circuit?.state).toBe("open");
    return shown;
  });
  await broker.close();

  const again = await startBroker({ dataDir: broker.dataDir });

  const after = await again.admin("subscriptionLag", "billing");
  expect(after.circuit).toMatchObject({ state: "open", kind: "failing", since: before.circuit?.since });
});
