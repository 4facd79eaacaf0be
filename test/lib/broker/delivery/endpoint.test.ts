import { expect, test } from "vitest";
import { answered, consumer, ok, refused } from "../../../support/consumer.ts";
import { openStage } from "../../../support/delivery.ts";

const many = Array.from({ length: 200 }, (_, index) => `m${index}`);

test("a dead endpoint gets one attempt a second and does not park its whole backlog", async () => {
  const stage = await openStage({ consumer: consumer(() => refused), subscription: { maxInFlight: 5 } });

  await stage.publish(...many);
  expect(stage.consumer.received).toHaveLength(5);
  await stage.pass(10_000);

  expect(stage.consumer.received).toHaveLength(15);
  expect(stage.status().parked).toBe(5);
});

test("the health says in words what is wrong, and since when", async () => {
  const stage = await openStage({ consumer: consumer(() => refused) });

  await stage.publish("a", "b", "c");
  await stage.pass(5_000);

  expect(stage.status()).toMatchObject({
    health: "degraded",
    healthReason: "connection refused at 127.0.0.1:9000; one attempt a second since 2026-01-01T00:00:00.000Z",
  });
});

test("the parked message tried longest ago goes first, whatever is due", async () => {
  const stage = await openStage({ consumer: consumer(() => refused), subscription: { maxInFlight: 3 } });

  await stage.publish("a", "b", "c", "d");
  await stage.pass(6_000);

  expect(stage.consumer.log()).toBe("a b c a#2 b#2 c#2 a#3 b#3 c#3");
});

test("one that was never tried goes where none is parked", async () => {
  const stage = await openStage({ consumer: consumer(() => refused), subscription: { maxInFlight: 3 } });
  const lift = stage.engine.fail({ call: "parked.put" });

  await stage.append(["a", "b", "c", "d"]);
  await stage.clock.advance(900);
  expect(stage.status().parked).toBe(0);
  lift();
  await stage.clock.advance(100);

  expect(stage.status().parked).toBe(3);
});

test("after recovery all flows at once, and what nobody refused is due quickly", async () => {
  const stage = await openStage({
    consumer: consumer(() => refused),
    subscription: { maxInFlight: 5, retry: { kind: "list", delaysMs: [3_600_000] } },
  });
  await stage.publish(...many);
  await stage.pass(60_000);

  stage.consumer.script(() => ok);
  await stage.pass(1_000);

  expect(new Set(stage.consumer.received.map(({ id }) => id)).size).toBe(200);
  expect(stage.status()).toMatchObject({ parked: 0, health: "ok", healthReason: null });
});

test("an answer of any kind shows that somebody is there", async () => {
  const stage = await openStage({ consumer: consumer(() => refused), subscription: { maxInFlight: 3 } });
  await stage.publish(...many);

  stage.consumer.script(() => answered(500));
  await stage.pass(1_000);

  expect(stage.status().health).toBe("ok");
  expect(new Set(stage.consumer.received.map(({ id }) => id)).size).toBe(200);
});

test("two failures, an answer, two failures: nobody is absent", async () => {
  let pushes = 0;
  const stage = await openStage({
    consumer: consumer(() => {
      pushes += 1;
      return pushes % 3 === 0 ? ok : refused;
    }),
    subscription: { maxInFlight: 1 },
  });

  await stage.publish("a", "b", "c", "d", "e", "f");

  expect(stage.consumer.log()).toBe("a b c d e f");
});

test("what was in flight when the endpoint went away does not bring it back into a burst", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold"), subscription: { maxInFlight: 5 } });
  await stage.append(many);
  await stage.clock.advance(0);

  for (const id of ["m0", "m1", "m2", "m3", "m4"]) stage.consumer.answer(id, refused);
  await stage.clock.advance(0);
  expect(stage.consumer.received).toHaveLength(5);
  await stage.clock.advance(999);
  expect(stage.consumer.received).toHaveLength(5);
  await stage.clock.advance(1);

  expect(stage.consumer.log()).toBe("m0 m1 m2 m3 m4 m0#2");
});
