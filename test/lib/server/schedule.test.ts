import { expect, test } from "vitest";
import type { ScheduleRequest } from "../../../src/lib/broker/requests/publish.ts";
import { checkScheduleMinutes } from "../../../src/lib/domain/schedule.ts";
import { exchange, refusal, refused, startServer } from "./harness.ts";

const DUE_MS = Date.UTC(2026, 0, 1, 12);

/** A server whose broker takes every schedule that is in the range. */
async function scheduling() {
  const requests: ScheduleRequest[] = [];
  const server = await startServer({
    schedule: async (request) => {
      checkScheduleMinutes(request.minutes);
      requests.push(request);
      return { id: request.id ?? "m-1", topic: request.topic, scheduledForMs: DUE_MS };
    },
  });
  const post = (minutes: string | undefined, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/scheduled/orders`, {
      method: "POST",
      headers: { ...headers, ...(minutes !== undefined && { "X-KB-ScheduledMinutes": minutes }) },
      body: ' {"a":1.0} ',
    });
  return { ...server, requests, post };
}

test("a schedule is answered 202 with id, topic and scheduledFor; the use case gets the bytes and the rest", async () => {
  const { post, requests } = await scheduling();

  const response = await post("10", { "X-KB-MessageID": "o-1", "X-KB-Key": "k 1", "Event-Type": "created" });

  expect(response.status).toBe(202);
  expect(await response.json()).toEqual({ id: "o-1", topic: "orders", scheduledFor: "2026-01-01T12:00:00.000Z" });
  expect(requests).toMatchObject([
    { topic: "orders", id: "o-1", key: "k 1", attributes: [["event-type", "created"]], minutes: 10 },
  ]);
  expect(Buffer.from(requests[0]?.payload ?? []).toString()).toBe(' {"a":1.0} ');
});

test.each(["5", "10080"])("X-KB-ScheduledMinutes: %s is taken", async (minutes) => {
  const { post, requests } = await scheduling();

  expect((await post(minutes)).status).toBe(202);
  expect(requests[0]?.minutes).toBe(Number(minutes));
});

test.each([
  undefined,
  "",
  "4",
  "10081",
  "0",
  "-10",
  "+10",
  "10.0",
  "10.5",
  "1e1",
  "0x10",
  "010",
  "ten",
  "10m",
  "10 11",
  "99999999999",
  "Infinity",
])("X-KB-ScheduledMinutes: %s is 400 with the range, and nothing is scheduled", async (minutes) => {
  const { post, requests } = await scheduling();

  const error = await refused(await post(minutes));

  expect(error).toMatchObject({ status: 400, code: "invalid_request", message: expect.stringMatching(/5 to 10080/) });
  expect(requests).toEqual([]);
});

test("X-KB-ScheduledMinutes given twice is 400, also where both say the same", async () => {
  const { port, requests } = await scheduling();
  const head = "POST /scheduled/orders HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n";

  const answer = await exchange(port, `${head}X-KB-ScheduledMinutes: 10\r\nx-kb-scheduledminutes: 10\r\n\r\n{}`);

  expect(refusal(answer)).toMatchObject({ status: 400, error: { code: "invalid_request" } });
  expect(requests).toEqual([]);
});
