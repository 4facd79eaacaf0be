import { expect, test } from "vitest";
import { scheduleReply } from "../../src/lib/api/schedule.ts";
import { engineAlone } from "../support/on-kafka/storage.ts";
import { refusal, startBroker, startConsumer, temporaryDir } from "./http.ts";

const E2E = { timeout: 60_000 };
const HOUR_MS = 3_600_000;

test(
  "X-KB-PublishTime of a scheduled message is when it fired, and what came due meanwhile fires at the start",
  E2E,
  async () => {
    const dataDir = await temporaryDir();
    const consumer = await startConsumer();
    const first = await startBroker({ dataDir });
    const { id: topicId } = await first.admin("topicCreate", "", { name: "orders" });
    await first.admin("subscriptionCreate", "", { name: "billing", topic: "orders", endpoint: consumer.url });
    await first.close();
    const engine = await engineAlone(dataDir);
    const payload = new TextEncoder().encode('{"a": 1.0}');
    const message = { id: "o-1", key: "k 1", attributes: [["event-type", "due"]] as const, payload };
    const dueMs = Date.now() - HOUR_MS;
    await engine.schedules.put({ topicId, topic: "orders", message, scheduledAtMs: dueMs - HOUR_MS, dueMs });
    await engine.close();
    const beforeMs = Date.now();

    await startBroker({ dataDir });

    const [push] = await consumer.received(1);
    expect(push?.body.toString()).toBe('{"a": 1.0}');
    expect(push?.headers).toMatchObject({ "x-kb-messageid": "o-1", "x-kb-key": "k 1", "event-type": "due" });
    expect(Date.parse(String(push?.headers["x-kb-publishtime"]))).toBeGreaterThanOrEqual(beforeMs);
  },
);

test("a scheduled message waits over a restart, counted in lag and metrics, until it is cancelled", E2E, async () => {
  const dataDir = await temporaryDir();
  const first = await startBroker({ dataDir });
  await first.admin("topicCreate", "", { name: "orders" });
  await first.admin("subscriptionCreate", "", { name: "billing", topic: "orders", endpoint: "http://127.0.0.1:9/" });
  const headers = { "X-KB-ScheduledMinutes": "10080", "X-KB-MessageID": "o-1" };
  const response = await fetch(`${first.url}/scheduled/orders`, { method: "POST", headers, body: "{}" });
  const { scheduledFor } = scheduleReply.parse(await response.json());
  await first.close();

  const next = await startBroker({ dataDir });
  const { items, total } = await next.admin("scheduledList", "orders");
  const lag = await next.admin("subscriptionLag", "billing");
  const metrics = await (await fetch(`${next.url}/metrics`)).text();
  const cancelUrl = `${next.url}/admin/v1/topics/orders/scheduled?id=o-1`;
  const cancelled = await fetch(cancelUrl, { method: "DELETE" });
  const again = await fetch(cancelUrl, { method: "DELETE" });

  expect([items, total]).toMatchObject([[{ id: "o-1", scheduledFor }], 1]);
  expect(lag).toMatchObject({ scheduled: 1, lag: 0 });
  expect(metrics).toContain("\nkbroker_scheduled_messages 1\n");
  expect(cancelled.status).toBe(200);
  expect(await refusal(again)).toMatchObject({ status: 404, code: "schedule_not_found" });
  expect((await next.admin("scheduledList", "orders")).items).toEqual([]);
});
