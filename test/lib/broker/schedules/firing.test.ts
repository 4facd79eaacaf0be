import { describe, expect, it } from "vitest";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";
import { bytes } from "../../../support/broker.ts";
import { isPending } from "../../../support/promises.ts";
import { MINUTE_MS, openScheduleStage } from "../../../support/schedules.ts";

const SECOND_MS = 1_000;
const FOR_GOOD = { dryRun: false };

it("each scheduled message is fired within a second of its time, with the time at which it fired", async () => {
  const stage = await openScheduleStage();
  const dueMs = new Map<string, number>();
  for (let index = 0; index < 50; index += 1) {
    const { id, scheduledForMs } = await stage.schedule(`m-${index}`, { minutes: 5 + (index % 7) });
    dueMs.set(id, scheduledForMs);
    await stage.pass(index * 37);
  }

  for (let passedMs = 0; passedMs < 12 * MINUTE_MS; passedMs += 250) await stage.pass(250);

  const lateMs = (await stage.stored()).map(({ id, timeMs }) => timeMs - (dueMs.get(id) ?? Number.NaN));
  expect(lateMs).toHaveLength(50);
  expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...lateMs)).toBeLessThan(SECOND_MS);
});

it("messages are fired in the order of their times, page by page, also when many are overdue", async () => {
  const stage = await openScheduleStage({ limits: { page: { countMax: 4, bytesMax: 1_000 } } });
  const ids = Array.from({ length: 25 }, (_, index) => `m-${index}`);
  for (const id of ids.toReversed()) {
    await stage.schedule(id, { minutes: 10 + Number(id.slice(2)) });
  }
  stage.clock.jump(60 * MINUTE_MS);

  await stage.pass(SECOND_MS);

  expect(await stage.log()).toBe(ids.join(" "));
  expect(await stage.waiting()).toBe("");
});

it("a wall clock that jumps ahead an hour is noticed within a second", async () => {
  const stage = await openScheduleStage();
  await stage.schedule("a", { minutes: 60 });
  await stage.pass(MINUTE_MS);
  stage.clock.jump(60 * MINUTE_MS);

  await stage.pass(SECOND_MS);

  expect(await stage.log()).toBe("a");
});

it("a clock that jumps right after the first message was scheduled is noticed as soon", async () => {
  const stage = await openScheduleStage();
  await stage.pass(10 * MINUTE_MS);
  await stage.schedule("a", { minutes: 5 });
  stage.clock.jump(5 * MINUTE_MS);

  await stage.pass(SECOND_MS);

  expect(await stage.log()).toBe("a");
});

it("a wall clock that goes back holds messages until their time by that clock", async () => {
  const stage = await openScheduleStage();
  await stage.schedule("a", { minutes: 5 });
  stage.clock.jump(-MINUTE_MS);

  await stage.pass(5 * MINUTE_MS);
  const early = await stage.log();
  await stage.pass(MINUTE_MS);

  expect([early, await stage.log()]).toEqual(["", "a"]);
});

it("after a restart what waits still waits, and what is overdue is fired at once", async () => {
  const stage = await openScheduleStage();
  await stage.schedule("late", { minutes: 10 });
  await stage.schedule("later", { minutes: 90 });
  const { clock } = stage;
  const next = await stage.crash();
  await clock.advance(0);
  expect(await next.waiting()).toBe("late later");

  const afterNight = await (await next.crash()).crash();
  await afterNight.pass(10 * MINUTE_MS);

  expect(await afterNight.log()).toBe("late");
  expect(await afterNight.waiting()).toBe("later");
});

it("overdue messages are fired when the broker starts, before any time passes", async () => {
  const stage = await openScheduleStage();
  await stage.schedule("a");
  const { engine, clock } = stage;
  engine.hold({ call: "log.append" });
  await clock.advance(60 * MINUTE_MS);

  const next = await stage.crash();
  await next.broker.idle();

  expect(await next.log()).toBe("a");
});

describe("a crash while messages are fired", () => {
  it("between append and removal repeats nothing within the window: each is in its topic once", async () => {
    const stage = await openScheduleStage();
    for (const id of ["a", "b", "c"]) await stage.schedule(id, { minutes: 5 });
    const removal = stage.engine.hold({ call: "schedules.remove" });
    await stage.clock.advance(5 * MINUTE_MS);
    await removal.arrived;
    expect(await stage.log()).toBe("a b c");

    const next = await stage.crash();
    await next.pass(9 * MINUTE_MS);

    expect(await next.log()).toBe("a b c");
    expect(await next.waiting()).toBe("");
    expect(next.notes.lines.filter((line) => line.startsWith("fired orders duplicate"))).toHaveLength(3);
  });

  it("before the append loses nothing", async () => {
    const stage = await openScheduleStage();
    await stage.schedule("a", { minutes: 5 });
    const append = stage.engine.hold({ call: "log.append" });
    await stage.clock.advance(5 * MINUTE_MS);
    await append.arrived;

    const next = await stage.crash();
    await next.broker.idle();

    expect(await next.log()).toBe("a");
  });

  it("of an id that was made repeats nothing either", async () => {
    const stage = await openScheduleStage();
    await stage.broker.schedule({ topic: "orders", minutes: 5, attributes: [], payload: bytes("1") });
    const removal = stage.engine.hold({ call: "schedules.remove" });
    await stage.clock.advance(5 * MINUTE_MS);
    await removal.arrived;

    const next = await stage.crash();
    await next.broker.idle();

    expect(await next.stored()).toHaveLength(1);
  });

  it("while the removal fails fires nothing twice", async () => {
    const stage = await openScheduleStage();
    await stage.schedule("a", { minutes: 5 });
    stage.engine.fail({ call: "schedules.remove", times: 3 });

    await stage.pass(20 * MINUTE_MS);

    expect(await stage.log()).toBe("a");
    expect(stage.notes.lines.filter((line) => line.startsWith("fired "))).toHaveLength(1);
  });
});

describe("an append that fails", () => {
  it("holds the messages of its topic until it succeeds, drops none, and no other topic waits for it", async () => {
    const stage = await openScheduleStage();
    await stage.broker.createTopic({ name: "refunds", visibility: "private" });
    for (const id of ["a", "b"]) await stage.schedule(id, { minutes: 5 });
    await stage.schedule("c", { minutes: 5, topic: "refunds" });
    const lift = stage.engine.fail({ call: "log.append", on: stage.topicId });

    await stage.pass(30 * MINUTE_MS);
    const meanwhile = [await stage.log(), await stage.waiting()];
    const elsewhere = (await stage.broker.listScheduled("refunds", { limit: 1 })).total;
    lift();
    await stage.pass(SECOND_MS);

    expect([meanwhile, elsewhere]).toEqual([["", "a b"], 0]);
    expect([await stage.log(), await stage.waiting()]).toEqual(["a b", ""]);
  });

  it("after it was done all the same stores the message once", async () => {
    const stage = await openScheduleStage();
    await stage.schedule("a", { minutes: 5 });
    stage.engine.fail({ call: "log.append", point: "after", times: 1 });

    await stage.pass(10 * MINUTE_MS);

    expect([await stage.log(), await stage.waiting()]).toEqual(["a", ""]);
  });
});

it("when looking for what is due fails it is tried again", async () => {
  const stage = await openScheduleStage();
  await stage.schedule("a", { minutes: 5 });
  stage.engine.fail({ call: "schedules.due", times: 5 });

  await stage.pass(6 * MINUTE_MS);

  expect(await stage.log()).toBe("a");
});

it("a message that no longer fits the topic's schema was valid when it was accepted, and is published", async () => {
  const stage = await openScheduleStage();
  await stage.schedule("a", { minutes: 5 });
  await stage.broker.createSchema("orders", '{"type":"object"}');

  await stage.pass(5 * MINUTE_MS);

  expect(await stage.log()).toBe("a");
});

it("messages of a topic that was deleted are dropped, counted and logged; other topics go on", async () => {
  const stage = await openScheduleStage();
  await stage.broker.createTopic({ name: "refunds", visibility: "private" });
  for (const id of ["a", "b"]) await stage.schedule(id, { minutes: 5, topic: "refunds" });
  await stage.schedule("c", { minutes: 5 });
  const { topic } = await stage.broker.describeTopic("refunds");
  await stage.engine.log.deleteTopic(topic.id);

  await stage.pass(5 * MINUTE_MS);

  expect(await stage.log()).toBe("c");
  expect((await stage.engine.status()).scheduled).toBe(0);
  expect(stage.notes.lines).toContain("scheduleDropped 2");
  expect(stage.notes.lines).toContain("log warn Scheduled messages are dropped: their topic was deleted.");
});

it("a topic that is deleted takes its scheduled messages along; one made again under its name starts without", async () => {
  const stage = await openScheduleStage();
  await stage.schedule("a", { minutes: 5 });
  const deleted = await stage.broker.deleteTopic("orders", { cascade: false, purgeErrors: false, dryRun: false });
  const { topic } = await stage.broker.createTopic({ name: "orders", visibility: "private" });

  const waiting = await stage.waiting();
  await stage.pass(6 * MINUTE_MS);

  expect([deleted.scheduled, waiting, (await stage.engine.status()).scheduled]).toEqual([1, "", 0]);
  expect(await stage.engine.log.bounds({ topicId: topic.id, index: 0 })).toEqual({ start: 0, end: 0 });
  expect(stage.notes.lines.filter((line) => line.startsWith("scheduleDropped"))).toEqual([]);
});

it("an id under which another message was published meanwhile is published all the same: 202 said so", async () => {
  const stage = await openScheduleStage();
  await stage.schedule("a", { minutes: 5 });
  await stage.pass(4 * MINUTE_MS);
  await stage.broker.publish({ topic: "orders", id: "a", attributes: [], payload: bytes('"other"') });

  await stage.pass(2 * MINUTE_MS);

  const payloads = (await stage.stored()).map(({ payload }) => Buffer.from(payload).toString());
  expect(payloads).toEqual(['"other"', '"a"']);
  expect(await stage.waiting()).toBe("");
});

it("the same message published by hand just before its time is in the topic once", async () => {
  const stage = await openScheduleStage();
  await stage.schedule("a", { minutes: 5 });
  await stage.pass(4 * MINUTE_MS);
  await stage.broker.publish({ topic: "orders", id: "a", attributes: [], payload: bytes('"a"') });

  await stage.pass(2 * MINUTE_MS);

  expect(await stage.log()).toBe("a");
});

describe("cancelling", () => {
  it("takes a message back: it is never published, not after a restart either", async () => {
    const stage = await openScheduleStage();
    await stage.schedule("a");
    await stage.schedule("b");

    const cancelled = await stage.broker.cancelScheduled("orders", "a", FOR_GOOD);

    expect(cancelled.message.id).toBe("a");
    const next = await stage.crash();
    await next.pass(11 * MINUTE_MS);
    expect(await next.log()).toBe("b");
  });

  it("as a dry run says which message it is and changes nothing", async () => {
    const stage = await openScheduleStage();
    await stage.schedule("a");

    const found = await stage.broker.cancelScheduled("orders", "a", { dryRun: true });

    expect([found.message.id, await stage.waiting()]).toEqual(["a", "a"]);
    await expect(stage.broker.cancelScheduled("orders", "b", { dryRun: true })).rejects.toMatchObject({
      code: "schedule_not_found",
    });
  });

  it("what is not scheduled is schedule_not_found, with the list as the next step", async () => {
    const stage = await openScheduleStage();
    await stage.schedule("a", { minutes: 5 });
    await stage.pass(6 * MINUTE_MS);

    for (const id of ["a", "never"]) {
      await expect(stage.broker.cancelScheduled("orders", id, FOR_GOOD)).rejects.toMatchObject({
        code: "schedule_not_found",
        hint: "kbroker message scheduled list orders",
      });
    }
  });

  it("a message that is being published is refused: nothing is called cancelled and then published", async () => {
    const stage = await openScheduleStage();
    await stage.schedule("a", { minutes: 5 });
    const append = stage.engine.hold({ call: "log.append" });
    await stage.clock.advance(5 * MINUTE_MS);
    await append.arrived;

    await expect(stage.broker.cancelScheduled("orders", "a", FOR_GOOD)).rejects.toMatchObject({
      code: "schedule_not_found",
      message: expect.stringContaining("being published"),
    });

    append.letGo();
    await stage.broker.idle();
    expect(await stage.log()).toBe("a");
  });

  it("a message that comes due while it is cancelled is not published", async () => {
    const stage = await openScheduleStage();
    await stage.schedule("a", { minutes: 5 });
    const removal = stage.engine.hold({ call: "schedules.remove" });
    const cancelling = stage.broker.cancelScheduled("orders", "a", FOR_GOOD);
    await removal.arrived;

    await stage.clock.advance(6 * MINUTE_MS);
    const waits = await isPending(cancelling);
    removal.letGo();
    await cancelling;
    await stage.pass(SECOND_MS);

    expect([waits, await stage.log()]).toEqual([true, ""]);
  });

  it("makes room for the same id again", async () => {
    const stage = await openScheduleStage();
    await stage.schedule("a");
    await stage.broker.cancelScheduled("orders", "a", FOR_GOOD);

    await stage.schedule("a", { minutes: 20, payload: bytes('"new"') });
    await stage.pass(21 * MINUTE_MS);

    expect(Buffer.from((await stage.stored())[0]?.payload ?? []).toString()).toBe('"new"');
  });
});

describe("a hold on the schedule", () => {
  it("that ends lets what is under way end, and fires nothing more", async () => {
    const stage = await openScheduleStage();
    await stage.schedule("a", { minutes: 5 });
    await stage.schedule("b", { minutes: 6 });
    const append = stage.engine.hold({ call: "log.append" });
    await stage.clock.advance(5 * MINUTE_MS);
    await append.arrived;

    const stopped = stage.broker.stop(0);
    const waits = await isPending(stopped);
    append.letGo();
    await stopped;
    await stage.clock.advance(10 * MINUTE_MS);

    expect([waits, await stage.log()]).toEqual([true, "a"]);
  });

  it("that is handed out after the stop fires nothing", async () => {
    const stage = await openScheduleStage();
    await stage.schedule("a", { minutes: 5 });
    await stage.broker.stop(0);
    const [resource = ""] = await stage.engine.schedules.resources();
    await stage.engine.owners.unwant(resource);

    await stage.engine.owners.want(resource);
    await stage.clock.advance(10 * MINUTE_MS);

    expect(await stage.log()).toBe("");
  });

  it("that was superseded fires nothing more", async () => {
    const stage = await openScheduleStage();
    await stage.schedule("a", { minutes: 5 });
    stage.engine.fail({ call: "schedules.due", error: new KBrokerError("epoch_stale", "Superseded.") });

    await stage.pass(MINUTE_MS);
    const lines = stage.notes.lines.filter((line) => line.includes("cannot be looked for"));

    expect(lines).toEqual([]);
    expect(await stage.log()).toBe("");
  });
});

it("what keeps schedules from their work is said once an outage and not at each retry, and once that it is over", async () => {
  const stage = await openScheduleStage();
  await stage.schedule("a", { minutes: 5 });
  const said = () => stage.notes.lines.filter((line) => line.includes("ooked for"));
  for (let outage = 0; outage < 2; outage += 1) {
    stage.engine.fail({ call: "schedules.due", times: 3 });
    for (let passedMs = 0; passedMs < 20 * SECOND_MS; passedMs += SECOND_MS) await stage.pass(SECOND_MS);
  }

  expect(said()).toEqual([
    expect.stringContaining("cannot be looked for"),
    expect.stringContaining("are looked for again"),
    expect.stringContaining("cannot be looked for"),
    expect.stringContaining("are looked for again"),
  ]);
});
