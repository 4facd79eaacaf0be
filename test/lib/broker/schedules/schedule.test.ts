import { describe, expect, it } from "vitest";
import { bytes } from "../../../support/broker.ts";
import { MINUTE_MS, openScheduleStage } from "../../../support/schedules.ts";

it("a message is scheduled for so many minutes from now, byte for byte, and is not published before", async () => {
  const stage = await openScheduleStage();
  const payload = bytes(' {"a": 1.0, "a": 2} ');
  const startMs = stage.clock.now();

  const scheduled = await stage.schedule("o-1", { key: "k 1", attributes: [["event-type", "created"]], payload });

  expect(scheduled).toEqual({ id: "o-1", topic: "orders", scheduledForMs: startMs + 10 * MINUTE_MS });
  await stage.pass(10 * MINUTE_MS - 1);
  expect(await stage.log()).toBe("");
  await stage.pass(1_000);
  expect(await stage.stored()).toMatchObject([
    { id: "o-1", key: "k 1", attributes: [["event-type", "created"]], payload, offset: 0 },
  ]);
});

it.each([5, 10_080])("%d minutes are taken", async (minutes) => {
  const stage = await openScheduleStage();

  const { scheduledForMs } = await stage.schedule("a", { minutes });

  expect(scheduledForMs - stage.clock.now()).toBe(minutes * MINUTE_MS);
});

it.each([4, 4.9, 5.5, 0, -5, 10_081, Number.NaN, Number.POSITIVE_INFINITY])(
  "%d minutes are refused with the range, and nothing is kept",
  async (minutes) => {
    const stage = await openScheduleStage();

    await expect(stage.schedule("a", { minutes })).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("5 to 10080"),
    });
    expect(await stage.waiting()).toBe("");
  },
);

describe("what a publish refuses is refused when it is scheduled, and nothing is kept:", () => {
  it.each([
    ["a topic that is not there", { topic: "oders" }, "topic_not_found"],
    ["a payload over 64 KB", { payload: bytes(`"${"x".repeat(65_536)}"`) }, "payload_too_large"],
    ["what is no JSON", { payload: bytes("{") }, "invalid_json"],
    ["what is over 100 levels deep", { payload: bytes(`${"[".repeat(101)}${"]".repeat(101)}`) }, "invalid_json"],
    ["an id of another form", { id: "a b" }, "invalid_request"],
    ["a key that no header can hold", { key: "ü" }, "invalid_request"],
    ["an attribute that no header can hold", { attributes: [["a", "\n"]] as const }, "invalid_request"],
  ])("%s", async (_what, changes, code) => {
    const stage = await openScheduleStage();

    await expect(stage.schedule("a", changes)).rejects.toMatchObject({ code });
    expect(await stage.waiting()).toBe("");
  });

  it("a payload that does not fit the schema", async () => {
    const stage = await openScheduleStage();
    await stage.broker.createSchema("orders", '{"type":"object"}');

    await expect(stage.schedule("a")).rejects.toMatchObject({ code: "schema_mismatch" });
    expect(await stage.waiting()).toBe("");
  });

  it("anything for a dead letter topic, and for a public topic without a schema", async () => {
    const stage = await openScheduleStage();
    await stage.broker.createTopic({ name: "open", visibility: "public" });
    await stage.broker.createSubscription({ name: "billing", topic: "orders", endpoint: "http://127.0.0.1:9/" });

    await expect(stage.schedule("a", { topic: "billing_errors" })).rejects.toMatchObject({ code: "invalid_request" });
    await expect(stage.schedule("a", { topic: "open" })).rejects.toMatchObject({ code: "schema_required" });
  });

  it("anything while the disk is full", async () => {
    const stage = await openScheduleStage();
    stage.engine.fail({ call: "schedules.put", times: 1 });

    await expect(stage.schedule("a")).rejects.toMatchObject({ code: "disk_full" });
    expect(await stage.waiting()).toBe("");
  });
});

it("a schedule is answered only once it is durable", async () => {
  const stage = await openScheduleStage();
  const held = stage.engine.hold({ call: "schedules.put" });
  let answered = false;
  const scheduling = stage.schedule("a").then(() => {
    answered = true;
  });
  await held.arrived;

  const early = answered;
  held.letGo();
  await scheduling;

  expect(early).toBe(false);
});

describe("an id that waits already", () => {
  it("with the same bytes and minutes is scheduled once and answered with the first's time", async () => {
    const stage = await openScheduleStage();
    const first = await stage.schedule("a");
    await stage.pass(2 * MINUTE_MS);

    const again = await stage.schedule("a");

    expect(again).toEqual(first);
    await stage.pass(20 * MINUTE_MS);
    expect(await stage.log()).toBe("a");
    expect(stage.notes.lines).toContain("scheduled orders duplicate");
  });

  it("with another payload is a conflict, and the first stays", async () => {
    const stage = await openScheduleStage();
    await stage.schedule("a");

    await expect(stage.schedule("a", { payload: bytes('"b"') })).rejects.toMatchObject({ code: "message_id_conflict" });

    await stage.pass(11 * MINUTE_MS);
    expect((await stage.stored()).map(({ payload }) => Buffer.from(payload).toString())).toEqual(['"a"']);
  });

  it("for another time is a conflict that names the time and how to take the first back", async () => {
    const stage = await openScheduleStage();
    const { scheduledForMs } = await stage.schedule("a");

    await expect(stage.schedule("a", { minutes: 20 })).rejects.toMatchObject({
      code: "message_id_conflict",
      message: expect.stringContaining(new Date(scheduledForMs).toISOString()),
      hint: "kbroker message scheduled cancel orders --id a",
    });
  });

  it("may wait in another topic as well", async () => {
    const stage = await openScheduleStage();
    await stage.broker.createTopic({ name: "refunds", visibility: "private" });
    await stage.schedule("a");

    await stage.schedule("a", { topic: "refunds", payload: bytes('"other"') });

    expect((await stage.broker.listScheduled("refunds", { limit: 9 })).total).toBe(1);
  });
});

it("without an id one is made, and nothing is deduplicated", async () => {
  const stage = await openScheduleStage();
  const request = { topic: "orders", minutes: 5, attributes: [], payload: bytes("1") };

  const ids = [await stage.broker.schedule(request), await stage.broker.schedule(request)].map(({ id }) => id);
  await stage.pass(6 * MINUTE_MS);

  expect(new Set(ids).size).toBe(2);
  expect(await stage.stored()).toHaveLength(2);
  expect(new Set((await stage.log()).split(" "))).toEqual(new Set(ids));
});

it("lag counts the scheduled messages of the topic apart", async () => {
  const stage = await openScheduleStage();
  await stage.broker.createTopic({ name: "refunds", visibility: "private" });
  await stage.broker.createSubscription({ name: "billing", topic: "orders", endpoint: "http://127.0.0.1:9/" });
  await stage.schedule("a");
  await stage.schedule("b", { minutes: 20 });
  await stage.schedule("c", { topic: "refunds" });

  const before = await stage.broker.lag("billing");
  await stage.pass(11 * MINUTE_MS);
  const after = await stage.broker.lag("billing");

  expect([before.scheduled, after.scheduled]).toEqual([2, 1]);
  expect((await stage.broker.status()).engine.scheduled).toBe(1);
});

it("nothing is scheduled or cancelled once the broker stops", async () => {
  const stage = await openScheduleStage();
  await stage.schedule("a");
  await stage.broker.stop(0);

  await expect(stage.schedule("b")).rejects.toMatchObject({ code: "broker_stopping" });
  await expect(stage.broker.cancelScheduled("orders", "a", { dryRun: false })).rejects.toMatchObject({
    code: "broker_stopping",
  });
});

describe("the list of a topic's scheduled messages", () => {
  it("has the earliest first, page by page, without a gap or a repeat", async () => {
    const stage = await openScheduleStage();
    for (const [id, minutes] of Object.entries({ c: 30, a: 10, d: 30, b: 20 })) await stage.schedule(id, { minutes });
    const idsOf = async (after?: string | null) => {
      const page = await stage.broker.listScheduled("orders", { limit: 2, ...(after ? { after } : {}) });
      return { ids: page.messages.map(({ message }) => message.id), total: page.total, next: page.next };
    };

    const first = await idsOf();
    const second = await idsOf(first.next);

    expect(first).toMatchObject({ ids: ["a", "b"], total: 4 });
    expect(second).toEqual({ ids: ["c", "d"], total: 4, next: null });
  });

  it("refuses a position that it never gave, and a topic that is not there", async () => {
    const stage = await openScheduleStage();

    const odd = stage.broker.listScheduled("orders", { limit: 1, after: "yesterday" });
    const absent = stage.broker.listScheduled("oders", { limit: 1 });

    await expect(odd).rejects.toMatchObject({ code: "invalid_request" });
    await expect(absent).rejects.toMatchObject({ code: "topic_not_found", hint: "kbroker topic describe orders" });
  });
});
