import { expect, test } from "vitest";
import { bytes } from "../../../support/broker.ts";
import { answered, consumer, ok } from "../../../support/consumer.ts";
import { openStage } from "../../../support/delivery.ts";
import { order } from "../../../support/letters.ts";

function pairs(flat: readonly string[]): Readonly<Record<string, string>> {
  const names = flat.filter((_, index) => index % 2 === 0);
  return Object.fromEntries(names.map((name, index) => [name, flat[2 * index + 1] ?? ""]));
}

test("a push carries the stored bytes and who, what and when", async () => {
  const stage = await openStage();
  const payload = bytes(' {"a": 1e2, "a": 2} ');

  await stage.engine.log.append("topic-1", [
    {
      id: "o-1",
      key: "k 1",
      attributes: [
        ["event-type", "created"],
        ["x-kb-attr-tenant", "acme"],
        ["traceparent", "00-1"],
      ],
      payload,
    },
  ]);
  await stage.idle();

  const [received] = stage.consumer.received;
  expect(received?.push.body).toEqual(payload);
  expect(received?.push).toMatchObject({ endpoint: "http://127.0.0.1:9000/events", timeoutMs: 30_000 });
  expect(pairs(received?.push.headers ?? [])).toEqual({
    "content-type": "application/json",
    "x-kb-topic": "orders",
    "x-kb-subscription": "billing",
    "x-kb-messageid": "o-1",
    "x-kb-publishtime": "2026-01-01T00:00:00.000Z",
    "x-kb-deliveryattempt": "1",
    "x-kb-key": "k 1",
    "event-type": "created",
    "x-kb-attr-tenant": "acme",
    traceparent: "00-1",
  });
});

test("each message has its own publish time, whatever its neighbour's", async () => {
  const stage = await openStage({ consumer: consumer(() => ok) });

  await stage.publish("a", "b");
  for (const [id, ms] of [
    ["c", 7],
    ["d", 992],
    ["e", 1],
    ["f", 59_000],
  ] as const) {
    await stage.pass(ms);
    await stage.publish(id);
  }

  expect(stage.consumer.received.map(({ push }) => pairs(push.headers)["x-kb-publishtime"])).toEqual([
    "2026-01-01T00:00:00.000Z",
    "2026-01-01T00:00:00.000Z",
    "2026-01-01T00:00:00.007Z",
    "2026-01-01T00:00:00.999Z",
    "2026-01-01T00:00:01.000Z",
    "2026-01-01T00:01:00.000Z",
  ]);
});

test("a record that a client of the storage wrote is pushed as it is, and says what it is", async () => {
  const stage = await openStage();
  const native = (id: string, payload: Uint8Array, keyBase64?: string) => ({
    ...{ id, attributes: [], payload },
    native: keyBase64 === undefined ? {} : { keyBase64 },
  });
  const [json, text, binary] = [bytes('{"a":1}'), bytes("plain text"), new Uint8Array([0xff, 0x00])];

  await stage.engine.log.append("topic-1", [
    native("json", json),
    native("text", text),
    native("binary", binary, "/wA="),
  ]);
  await stage.idle();

  const received = stage.consumer.received.map(({ push }) => push);
  expect(received.map(({ body }) => body)).toEqual([json, text, binary]);
  expect(received.map(({ headers }) => pairs(headers)["content-type"])).toEqual([
    "application/json",
    "application/octet-stream",
    "application/octet-stream",
  ]);
  expect(received.map(({ headers }) => pairs(headers)["x-kb-key-base64"])).toEqual([undefined, undefined, "/wA="]);
});

test("such a record is the same again when it comes back out of the dead letter topic", async () => {
  const stage = await openStage({
    consumer: consumer(() => answered(500)),
    subscription: { retry: { kind: "list", delaysMs: [] } },
  });
  const payload = new Uint8Array([0xff, 0x00]);
  await stage.engine.log.append("topic-1", [{ id: "a", attributes: [], payload, native: { keyBase64: "/wA=" } }]);
  await stage.idle();

  expect(await stage.deadLetterMessages()).toMatchObject([{ id: "a", payload, native: { keyBase64: "/wA=" } }]);
  await order(stage);

  const headers = stage.consumer.received.map(({ push }) => pairs(push.headers));
  expect(headers).toHaveLength(2);
  expect(headers[1]).toMatchObject({ "content-type": "application/octet-stream", "x-kb-key-base64": "/wA=" });
});
