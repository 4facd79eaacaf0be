import { expect, test } from "vitest";
import { readDeadLetter } from "../../../../src/lib/domain/dead-letter.ts";
import type { Outcome } from "../../../../src/lib/domain/delivery.ts";
import { answered, broken, consumer, ok, refused } from "../../../support/consumer.ts";
import { openStage, type Stage } from "../../../support/delivery.ts";

const many = Array.from({ length: 200 }, (_, index) => `m${index}`);
const said = (status: number, details: NonNullable<Extract<Outcome, { kind: "answered" }>["details"]>): Outcome => ({
  ...{ kind: "answered", status, tookMs: 1, details },
});
const PATIENT = { retry: { kind: "list", delaysMs: [3_600_000] } } as const;

/** Down with as many probes behind it as pass in this time. */
async function down(outcome: Outcome, forMs = 0, subscription = {}): Promise<Stage> {
  const stage = await openStage({ consumer: consumer(() => outcome), subscription: { ...PATIENT, ...subscription } });
  await stage.publish(...many);
  await stage.pass(forMs);
  return stage;
}

test("while the circuit is open nothing is sent but probes, and the backlog moves at most one message a probe", async () => {
  const stage = await down(refused);
  expect(stage.consumer.received).toHaveLength(4);

  await stage.pass(60_000);

  const probes = [1, 3, 7, 15, 25, 35, 45, 55].length;
  expect(stage.consumer.received).toHaveLength(4 + probes);
  expect(stage.status().parked).toBe(4 + probes);
});

test("a probe is one that was never tried if there is any, else the one tried longest ago", async () => {
  const stage = await openStage({ consumer: consumer(() => refused), subscription: PATIENT });

  await stage.publish("a", "b", "c", "d", "e", "f");
  await stage.pass(40_000);

  expect(stage.consumer.log()).toBe("a b c d e f a#2 b#2 c#2 d#2");
});

test("the health says what fails, since when, when the next probe comes and what to do", async () => {
  const stage = await down(refused);

  expect(stage.status()).toMatchObject({
    health: "degraded",
    healthReason:
      "nobody can be reached at the endpoint since 2026-01-01T00:00:00.000Z: connection refused at 127.0.0.1:9000; next probe at 2026-01-01T00:00:01.000Z; mend or start the consumer, deliveries go on by themselves",
    endpoint: { circuit: { kind: "unreachable", probes: 0 } },
  });
});

test("while it is paused the health promises no probe, and names the command that tries again", async () => {
  const stage = await down(refused);

  await stage.change({ state: "paused" });

  expect(stage.status()).toMatchObject({
    healthReason:
      "nobody can be reached at the endpoint since 2026-01-01T00:00:00.000Z: connection refused at 127.0.0.1:9000; nothing is sent while it is paused; kbroker subscription resume billing tries again",
  });
});

test("a pause that the consumer asked for comes with the line that ends it", async () => {
  const stage = await down(said(503, { retryAfter: "60" }));

  const active = stage.status().healthReason;
  await stage.change({ state: "paused" });

  expect([active, stage.status().healthReason]).toEqual([
    "the consumer asked to be left alone (Retry-After) until 2026-01-01T00:01:00.000Z; to try earlier: kbroker subscription pause billing && kbroker subscription resume billing",
    "the consumer asked to be left alone (Retry-After) until 2026-01-01T00:01:00.000Z; to try earlier: kbroker subscription resume billing",
  ]);
});

test("a probe's acknowledgement closes the circuit: window 4, and what nobody refused does not wait for its delay", async () => {
  const stage = await down(answered(503), 30_000);
  stage.consumer.script(() => "hold");

  await stage.clock.advance(10_000);
  expect(stage.consumer.held).toHaveLength(1);
  stage.consumer.answer(stage.consumer.held[0] ?? "", ok);
  await stage.clock.advance(0);
  expect(stage.consumer.held).toHaveLength(4);
  stage.consumer.script(() => ok);
  for (const id of [...stage.consumer.held]) stage.consumer.answer(id, ok);
  await stage.idle();

  expect(new Set(stage.consumer.received.map(({ id }) => id)).size).toBe(200);
  expect(stage.status()).toMatchObject({ parked: 0, health: "ok", healthReason: null });
});

test("a message that has a strike waits for its own time although the circuit has closed", async () => {
  const stage = await openStage({
    consumer: consumer(() => answered(500)),
    subscription: { retry: { kind: "list", delaysMs: [60_000] } },
  });
  await stage.publish("a", "b", "c", "d", "e");
  stage.consumer.script(() => ok);

  await stage.publish("f");
  await stage.pass(50_000);
  expect(stage.consumer.log()).toBe("a b c d e f");
  await stage.pass(10_000);

  expect(stage.status().parked).toBe(0);
});

test("a probe that hangs does not hold up the next one", async () => {
  const stage = await down(broken);
  stage.consumer.script(() => "hold");

  await stage.clock.advance(15_000);

  expect(stage.consumer.held).toHaveLength(4);
});

test("what was in flight when the circuit opened neither closes it nor brings it into a burst", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold"), subscription: { maxInFlight: 5 } });
  await stage.append(many);
  await stage.clock.advance(0);

  for (const id of ["m0", "m1", "m2"]) stage.consumer.answer(id, refused);
  await stage.clock.advance(0);
  stage.consumer.answer("m3", ok);
  await stage.clock.advance(999);
  expect(stage.consumer.received).toHaveLength(4);
  await stage.clock.advance(1);

  expect(stage.consumer.log()).toBe("m0 m1 m2 m3 m4");
});

test("late failures from before the circuit closed do not open it again", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold"), subscription: { maxInFlight: 100 } });
  await stage.append(["a", "b", "c", "d"]);
  await stage.clock.advance(0);
  for (const id of ["a", "b", "c", "d"]) stage.consumer.answer(id, ok);
  await stage.clock.advance(0);
  await stage.append(many.slice(0, 10));
  await stage.clock.advance(0);
  const held = [...stage.consumer.held];
  for (const id of held.slice(0, 3)) stage.consumer.answer(id, refused);
  stage.consumer.script(() => ok);
  await stage.clock.advance(1_000);
  expect(stage.status().health).toBe("ok");

  for (const id of held.slice(3)) stage.consumer.answer(id, broken);
  await stage.clock.advance(0);

  expect(stage.status()).toMatchObject({ health: "ok", endpoint: { window: expect.any(Number), circuit: null } });
});

test("a probe from before the circuit closed does not close it when it is open again", async () => {
  const stage = await down(refused);
  stage.consumer.script(() => "hold");
  await stage.clock.advance(1_000);
  const [late] = stage.consumer.held;
  stage.consumer.script(() => ok);
  await stage.clock.advance(2_000);
  expect(stage.status().health).toBe("ok");
  stage.consumer.script(() => refused);
  await stage.append(["x", "y", "z", "u", "v"]);
  await stage.clock.advance(0);
  expect(stage.status().health).toBe("degraded");

  stage.consumer.script(() => "hold");
  stage.consumer.answer(late ?? "", ok);
  await stage.clock.advance(0);

  expect(stage.status().health).toBe("degraded");
});

test("the longest pause that the consumer asked for holds, whichever was asked for last", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold"), subscription: PATIENT });
  await stage.append(["a", "b"]);
  await stage.clock.advance(0);
  const untilMs = stage.clock.now() + 600_000;

  stage.consumer.answer("a", said(429, { retryAfter: "600" }));
  await stage.clock.advance(0);
  stage.consumer.answer("b", said(429, { retryAfter: "5" }));
  await stage.clock.advance(0);

  expect(stage.status()).toMatchObject({ endpoint: { heldUntilMs: untilMs } });
});

test("a message that is read when the consumer asks for a pause is not pushed any more", async () => {
  const stage = await openStage({ consumer: consumer(() => answered(500)) });
  await stage.publish("parked");
  stage.consumer.script(() => "hold");
  await stage.append(["other"]);
  await stage.clock.advance(0);
  const reading = stage.engine.hold({ call: "log.read" });
  await stage.clock.advance(10_000);
  await reading.arrived;

  stage.consumer.answer("other", said(429, { retryAfter: "120" }));
  await stage.clock.advance(0);
  reading.letGo();
  await stage.clock.advance(0);

  expect(stage.consumer.log()).toBe("parked other");
});

test("an endpoint without anything to probe it with is probed by the next message that comes", async () => {
  const stage = await openStage({ consumer: consumer(() => refused), ttlMs: 3_600_000, subscription: PATIENT });
  await stage.publish("a", "b", "c");
  await stage.pass(3_700_000);
  expect(stage.status()).toMatchObject({ parked: 0, health: "degraded" });
  stage.consumer.script(() => ok);

  await stage.publish("fresh");

  expect(stage.consumer.log()).toMatch(/ fresh$/);
  expect(stage.status().health).toBe("ok");
});

test.each([429, 503])("Retry-After on %d holds the whole subscription, and wins over probes", async (status) => {
  const stage = await down(said(status, { retryAfter: "120" }));
  const asked = stage.consumer.received.length;
  expect(stage.status()).toMatchObject({
    ...{ health: "degraded", endpoint: { heldUntilMs: stage.clock.now() + 120_000 } },
    healthReason: expect.stringContaining("(Retry-After) until 2026-01-01T00:02:00.000Z"),
    nextAttemptMs: stage.clock.now() + 120_000,
  });
  stage.consumer.script(() => ok);

  await stage.pass(119_999);
  expect(stage.consumer.received).toHaveLength(asked);
  await stage.pass(10_000);

  expect(stage.status()).toMatchObject({ health: "ok", parked: 0 });
});

test("Retry-After with any other status holds only its message", async () => {
  const stage = await openStage({
    consumer: consumer(({ id, attempt }) => (id === "a" && attempt === 1 ? said(500, { retryAfter: "40" }) : ok)),
  });

  await stage.publish("a", "b");
  await stage.pass(39_999);
  expect(stage.consumer.log()).toBe("a b");
  await stage.pass(1);

  expect(stage.consumer.log()).toBe("a b a#2");
});

test("a permanent verdict is a dead letter at once, with its class and the consumer's own words", async () => {
  const stage = await openStage({
    consumer: consumer(({ id }) => (id === "a" ? said(400, { excerpt: "no such order: Straße" }) : ok)),
    subscription: { permanentStatuses: [400] },
  });

  await stage.publish("a", "b");

  const [letter] = await stage.deadLetterMessages();
  expect(letter && readDeadLetter(letter)?.info).toMatchObject({
    ...{ errorClass: "permanent", status: 400, attempts: 1, reason: "answered 400: no such order: Stra?e" },
  });
  expect(stage.status()).toMatchObject({ parked: 0, health: "ok" });
});

test("X-KB-Result: business is acknowledged, counted, and never retried", async () => {
  const stage = await openStage({ consumer: consumer(() => said(409, { result: "business" })) });

  await stage.publish("a");
  await stage.pass(600_000);

  expect(stage.consumer.log()).toBe("a");
  expect(await stage.committed()).toMatchObject({ low: 1 });
  expect(stage.notes.lines).toContain("delivered billing orders business 1");
});

test("while it is open as rejecting a probe's permanent verdict parks the message; mended, all is delivered", async () => {
  const stage = await down(answered(400), 60_000, { permanentStatuses: [400], maxInFlight: 1 });
  expect(await stage.deadLetters()).toHaveLength(20);
  expect(stage.status()).toMatchObject({
    ...{ health: "degraded", parked: 8, endpoint: { circuit: { kind: "rejecting" } } },
    healthReason: expect.stringContaining("refuses for good whatever it gets since 2026-01-01T00:00:00.000Z"),
  });

  stage.consumer.script(() => ok);
  await stage.pass(10_000);

  expect(stage.status()).toMatchObject({ health: "ok", parked: 0 });
  expect(await stage.deadLetters()).toHaveLength(20);
});

test("--on-rejecting dead-letter lets them go, says so, and opens a circuit that held them", async () => {
  const stage = await down(answered(400), 60_000, { permanentStatuses: [400] });
  const before = (await stage.deadLetters()).length;

  await stage.change({ onRejecting: "dead-letter" });
  await stage.pass(0);

  expect(before).toBeLessThan(30);
  expect(await stage.deadLetters()).toHaveLength(200);
  expect(stage.status()).toMatchObject({
    ...{ health: "degraded", healthReason: expect.stringContaining("refused 30 of the last 30 messages for good") },
    endpoint: { circuit: null },
  });
});

test("410 pauses the subscription durably and says so; the message is parked, nothing else is sent", async () => {
  const stage = await openStage({ consumer: consumer(() => answered(410)), subscription: { maxInFlight: 1 } });

  await stage.publish("a", "b", "c");

  expect(stage.consumer.log()).toBe("a");
  const document = await stage.engine.catalog.get("subscription", "billing");
  expect(document?.value).toMatchObject({
    state: "paused",
    pausedBecause: expect.stringContaining("answered 410 (gone) at 2026-01-01T00:00:00.000Z"),
  });
  expect(stage.status()).toMatchObject({
    ...{ parked: 1, health: "degraded", healthReason: expect.stringContaining("kbroker subscription resume billing") },
  });
  await stage.pass(600_000);
  expect(stage.consumer.log()).toBe("a");
});

test("after a 410 and a resume it goes on where it was, without a strike", async () => {
  const stage = await openStage({ consumer: consumer(() => answered(410)), subscription: { maxInFlight: 1 } });
  await stage.publish("a", "b");
  stage.consumer.script(() => ok);

  await stage.change({ state: "active" });
  await stage.pass(5_000);

  expect(stage.consumer.log()).toBe("a b a#2");
  expect(stage.notes.lines.filter((line) => line.startsWith("struck"))).toEqual([]);
});

test("a 410 whose pause cannot be written sends nothing, and is paused once it can", async () => {
  const stage = await openStage({ consumer: consumer(() => answered(410)), subscription: { maxInFlight: 1 } });
  const lift = stage.engine.fail({ call: "catalog.put" });
  await stage.append(["a", "b"]);
  await stage.clock.advance(30_000);
  expect(stage.consumer.log()).toBe("a");

  lift();
  await stage.pass(1_000);

  expect((await stage.engine.catalog.get("subscription", "billing"))?.value).toMatchObject({ state: "paused" });
});

test("a 410 from an endpoint that was replaced meanwhile pauses nobody", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold") });
  await stage.append(["a"]);
  await stage.clock.advance(0);
  stage.consumer.script(() => ok);
  await stage.change({ endpoint: "http://127.0.0.1:9001/events" });

  stage.consumer.answer("a", answered(410));
  await stage.pass(2_000);

  expect(stage.consumer.received.map(({ push }) => push.endpoint).at(-1)).toBe("http://127.0.0.1:9001/events");
  expect(stage.status()).toMatchObject({ health: "ok", parked: 0 });
});

test("resume starts with window 4, closes the circuit and ends a pause that the consumer asked for", async () => {
  const stage = await down(said(429, { retryAfter: "3600" }));
  await stage.change({ state: "paused" });
  stage.consumer.script(() => "hold");

  await stage.change({ state: "active" });
  await stage.clock.advance(0);

  expect(stage.consumer.held).toHaveLength(4);
  expect(stage.status()).toMatchObject({ health: "ok", endpoint: { window: 4, heldUntilMs: null } });
});

test("another endpoint is not judged by what the one before did", async () => {
  const stage = await down(refused, 20_000);
  stage.consumer.script(() => ok);

  await stage.change({ endpoint: "http://127.0.0.1:9001/events" });
  await stage.pass(0);

  expect(new Set(stage.consumer.received.map(({ id }) => id)).size).toBe(200);
  expect(stage.status()).toMatchObject({ health: "ok", parked: 0 });
});

test("the window is filled, grows as it is used, and shrinks where the endpoint says that it is too much", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold"), subscription: { maxInFlight: 100, ...PATIENT } });
  const answerAll = async (outcome: Outcome) => {
    for (const id of [...stage.consumer.held]) stage.consumer.answer(id, outcome);
    await stage.clock.advance(0);
  };
  await stage.append(many);
  await stage.clock.advance(0);
  const sizes = [stage.consumer.held.length];

  for (let trip = 0; trip < 3; trip += 1) {
    await answerAll(ok);
    sizes.push(stage.consumer.held.length);
  }
  stage.consumer.answer(stage.consumer.held[0] ?? "", answered(503));
  await stage.clock.advance(0);

  expect(sizes).toEqual([4, 8, 16, 32]);
  expect(stage.status().endpoint.window).toBe(22);
});

test("plain 500 does not narrow the window", async () => {
  const stage = await openStage({ consumer: consumer(({ id }) => (id === "m3" ? answered(500) : ok)) });

  await stage.publish(...many);

  expect(stage.status().endpoint.window).toBe(10);
});
