import { expect, test } from "vitest";
import { CURSOR_LENGTH_STOP, encodedLength } from "../../../../src/lib/domain/cursor-codec.ts";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";
import { consumer, ok } from "../../../support/consumer.ts";
import { openStage } from "../../../support/delivery.ts";

const ids = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`);

test("what was settled is committed within 500 ms", async () => {
  const stage = await openStage();

  await stage.pass(100);
  await stage.publish("a");
  expect(await stage.committed()).toBeUndefined();
  await stage.pass(500);

  expect(await stage.committed()).toMatchObject({ low: 1 });
});

test("a thousand settlements are committed at once", async () => {
  const stage = await openStage();

  await stage.publish(...ids(999));
  expect(await stage.committed()).toBeUndefined();
  await stage.publish("last");

  expect(await stage.committed()).toMatchObject({ low: 1_000 });
});

test("at five thousand messages that a crash would bring again nothing new is pushed until a commit is durable", async () => {
  const stage = await openStage();
  const commit = stage.engine.hold({ call: "cursors.commit" });

  await stage.append(ids(8_000));
  await stage.clock.advance(10_000);
  expect(stage.consumer.received).toHaveLength(5_000);
  commit.letGo();
  await stage.idle();

  expect(stage.consumer.received).toHaveLength(8_000);
});

test("a commit that fails is made again, and nothing is forgotten meanwhile", async () => {
  const stage = await openStage({
    consumer: consumer(({ attempt }) => (attempt === 1 ? { kind: "answered", status: 500, tookMs: 1 } : ok)),
  });
  await stage.publish("a");
  const lift = stage.engine.fail({ call: "cursors.commit" });
  await stage.pass(3_000);
  expect(stage.consumer.log()).toBe("a a#2");

  lift();
  await stage.publish("b");
  await stage.pass(2_000);

  expect(await stage.committed()).toMatchObject({ low: 2 });
  expect((await stage.crash()).status()).toMatchObject({ parked: 0 });
  expect(stage.consumer.log()).toBe("a a#2 b b#2");
});

test("a cursor whose commit failed is committed although nothing follows it", async () => {
  const stage = await openStage();
  stage.engine.fail({ call: "cursors.commit", times: 1 });
  await stage.publish("a");

  await stage.pass(250);
  expect(await stage.committed()).toBeUndefined();
  await stage.pass(1_250);

  expect(await stage.committed()).toMatchObject({ low: 1 });
});

test("a cursor that grows too scattered stops what is new before it outgrows its budget", async () => {
  // Each message before a run of acknowledged ones stays in flight: more than a window of 1 000 allows.
  const stage = await openStage({
    consumer: consumer(({ id }) => (Number(id.slice(1)) % 40 === 0 ? "hold" : ok)),
    subscription: { maxInFlight: 1_200 },
  });

  await stage.append(ids(60_000));
  await stage.clock.advance(2_000);

  const cursor = stage.status().cursors[0]?.cursor;
  expect(stage.status().inFlight).toBeLessThan(1_200);
  expect(cursor === undefined ? 0 : encodedLength(cursor)).toBeGreaterThanOrEqual(CURSOR_LENGTH_STOP);
  expect(cursor === undefined ? 0 : encodedLength(cursor)).toBeLessThan(CURSOR_LENGTH_STOP + 50);
  for (const id of stage.consumer.held) stage.consumer.answer(id, ok);
  stage.consumer.script(() => ok);
  await stage.idle();
  expect(stage.consumer.received).toHaveLength(60_000);
}, 60_000);

test("a cursor that was too scattered when the owner died does not keep the next one from ever pushing again", async () => {
  const stage = await openStage({
    consumer: consumer(({ id }) => (Number(id.slice(1)) % 40 === 0 ? "hold" : ok)),
    subscription: { maxInFlight: 1_200 },
  });
  await stage.append(ids(60_000));
  await stage.clock.advance(2_000);
  const cursor = await stage.committed();
  expect(cursor === undefined ? 0 : encodedLength(cursor)).toBeGreaterThanOrEqual(CURSOR_LENGTH_STOP);
  stage.consumer.script(() => ok);

  const after = await stage.crash();
  await after.idle();

  expect(new Set(stage.consumer.received.map(({ id }) => id)).size).toBe(60_000);
  expect(after.status().cursors[0]?.cursor).toMatchObject({ low: 60_000, above: [] });
}, 60_000);

test("a hold that was superseded commits nothing, pushes nothing and says so", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold") });
  await stage.append(["a"]);
  await stage.clock.advance(0);
  stage.engine.fail({
    call: "cursors.commit",
    error: new KBrokerError("epoch_stale", "The hold has been superseded."),
  });

  stage.consumer.answer("a", ok);
  await stage.clock.advance(500);
  await stage.append(["b"]);
  await stage.clock.advance(5_000);

  expect(stage.consumer.log()).toBe("a");
  expect(stage.notes.lines).toContainEqual(expect.stringContaining("newer owner"));
});
