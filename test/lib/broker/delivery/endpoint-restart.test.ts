import { expect, test } from "vitest";
import type { Outcome } from "../../../../src/lib/domain/delivery.ts";
import { answered, broken, consumer, ok, refused } from "../../../support/consumer.ts";
import { openStage, type Stage } from "../../../support/delivery.ts";

const asked: Outcome = { kind: "answered", status: 429, tookMs: 1, details: { retryAfter: "600" } };
const IDS = Array.from({ length: 50 }, (_, index) => `m${index}`);
const PATIENT = { retry: { kind: "list", delaysMs: [3_600_000] } } as const;
const report = async ({ engine }: Stage) => (await engine.reports.read("subscription-1"))?.value;
const writes = ({ storage }: Stage) => storage.reports.get("subscription-1")?.atMs;

test("an open circuit survives a crash: since when, its kind, and when the next probe comes", async () => {
  const stage = await openStage({ consumer: consumer(() => refused), subscription: PATIENT });
  await stage.publish(...IDS);
  await stage.pass(15_500);
  const { endpoint } = stage.status();
  const sent = stage.consumer.received.length;

  const after = await stage.crash();
  await after.idle();
  expect(after.status()).toMatchObject({ health: "degraded", endpoint: { circuit: endpoint.circuit } });
  await after.pass(9_000);
  expect(stage.consumer.received).toHaveLength(sent);
  await after.pass(1_000);

  expect(stage.consumer.received).toHaveLength(sent + 1);
});

test("the circuit is written the moment it opens and the moment it closes", async () => {
  const stage = await openStage({ consumer: consumer(() => refused), subscription: PATIENT });

  await stage.publish("a", "b", "c");
  expect(await report(stage)).toMatchObject({ circuit: { kind: "unreachable" } });
  stage.consumer.script(() => ok);
  await stage.clock.advance(1_000);

  expect(await report(stage)).not.toHaveProperty("circuit");
});

test("a pause that the consumer asked for survives a crash", async () => {
  const stage = await openStage({ consumer: consumer(() => asked), subscription: PATIENT });
  await stage.publish(...IDS);
  await stage.pass(10_000);
  const sent = stage.consumer.received.length;
  stage.consumer.script(() => ok);

  const after = await stage.crash();
  await after.pass(589_999);
  expect(stage.consumer.received).toHaveLength(sent);
  await after.pass(1);

  expect(after.status()).toMatchObject({ parked: 0, health: "ok" });
});

test("the window is gone on with after a crash", async () => {
  const stage = await openStage({ consumer: consumer(() => ok), subscription: { maxInFlight: 40 } });
  await stage.publish(...IDS, ...IDS.map((id) => `${id}-2`));
  await stage.pass(1_500);

  const after = await stage.crash();
  await after.idle();

  expect(after.status().endpoint.window).toBe(40);
});

test("the counters that decide about strikes go on after a crash, from the report or from what is parked", async () => {
  const stage = await openStage({ consumer: consumer(({ id }) => (id === "bad" ? broken : ok)) });
  await stage.publish("bad", "a");

  const after = await stage.crash();
  await after.publish("b", "c");
  await after.pass(1_000);
  await after.pass(2_000);

  const struck = stage.notes.lines.concat(after.notes.lines).filter((line) => line.startsWith("struck"));
  expect(struck).toHaveLength(1);
});

test("what others were given before a crash still says that a message fails alone", async () => {
  const alone = consumer(({ id }) => (id === "bad" ? broken : ok));
  const stage = await openStage({
    consumer: alone,
    subscription: { retry: { kind: "list", delaysMs: [5_000, 5_000] } },
  });
  await stage.publish("bad");
  await stage.publish("a", "b", "c");
  await stage.pass(1_500);

  const after = await stage.crash();
  await after.pass(6_000);

  expect(after.notes.lines.filter((line) => line.startsWith("struck"))).toHaveLength(1);
});

test("what a parked message knows of the endpoint counts where a crash came before the report", async () => {
  const stage = await openStage({ consumer: consumer(({ id }) => (id === "bad" ? broken : ok)) });
  stage.engine.fail({ call: "reports.report" });
  await stage.publish(...IDS);
  await stage.publish("bad");
  await stage.pass(500);

  const after = await stage.crash();
  await after.publish("b", "c");
  await after.pass(6_000);

  expect(after.notes.lines.filter((line) => line.startsWith("struck"))).toHaveLength(1);
});

test("a circuit that opens while a report is being written is written right after it", async () => {
  const stage = await openStage({ consumer: consumer(() => ok), subscription: PATIENT });
  await stage.publish("a");
  const writing = stage.engine.hold({ call: "reports.report" });
  await stage.clock.advance(1_500);
  await writing.arrived;
  stage.consumer.script(() => refused);
  await stage.append(["b", "c", "d"]);
  await stage.clock.advance(0);

  writing.letGo();
  await stage.clock.advance(0);

  expect(await report(stage)).toMatchObject({ circuit: { kind: "unreachable" } });
});

test("what changes is written once a second at most, and an idle subscription writes nothing", async () => {
  const stage = await openStage();
  await stage.publish("a");
  await stage.pass(500);
  const first = writes(stage);
  await stage.publish("b");
  await stage.clock.advance(250);
  expect(writes(stage)).toBe(first);
  await stage.clock.advance(1_000);
  const second = writes(stage);
  expect(second).toBeGreaterThan(first ?? Number.POSITIVE_INFINITY);

  await stage.pass(60_000);

  expect(writes(stage)).toBe(second);
});

test("an orderly stop writes what is known", async () => {
  const stage = await openStage();
  await stage.publish("a");

  await stage.delivery.stop(1_000);

  expect(await report(stage)).toMatchObject({ served: { attempts: 1, acks: 1 } });
});

test("a report that cannot be written or read never stops a delivery, and is said", async () => {
  const stage = await openStage({ consumer: consumer(() => answered(503)) });
  stage.engine.fail({ call: "reports.report" });
  await stage.publish(...IDS);
  stage.consumer.script(() => ok);
  await stage.pass(20_000);
  expect(stage.status()).toMatchObject({ parked: 0, health: "ok" });
  expect(stage.notes.lines).toContainEqual(expect.stringContaining("endpoint cannot be written"));

  stage.storage.reports.set("subscription-1", { value: { strange: true }, atMs: 0, epoch: 1 });
  const after = await stage.crash();
  await after.publish("z");

  expect(stage.consumer.log()).toMatch(/ z$/);
});
