import { expect, test } from "vitest";
import { readDeadLetter } from "../../../../src/lib/domain/dead-letter.ts";
import { answered, consumer, ok } from "../../../support/consumer.ts";
import { openStage } from "../../../support/delivery.ts";

const HELD = "the dead letter topic billing_errors cannot be written";

test("a dead letter tells the whole story", async () => {
  const stage = await openStage({ consumer: consumer(({ attempt }) => answered(attempt === 3 ? 422 : 500)) });

  await stage.pass(5_000);
  await stage.append(["a"], [["event-type", "created"]]);
  await stage.idle();
  await stage.pass(1_000);
  await stage.pass(2_000);

  const [letter] = await stage.deadLetterMessages();
  expect(letter && readDeadLetter(letter)).toEqual({
    attributes: [["event-type", "created"]],
    info: {
      reason: "answered 422",
      errorClass: "answered",
      status: 422,
      attempts: 3,
      subscription: "billing",
      sourceTopic: "orders",
      source: { shard: 0, offset: 0 },
      publishTimeMs: stage.clock.now() - 3_000,
      firstFailureMs: stage.clock.now() - 3_000,
      failedMs: stage.clock.now(),
      redriveCount: 0,
      redrivenFrom: null,
    },
  });
});

test("dead letter topic unwritable: nothing dropped, the message is held, others go on, and the health says so", async () => {
  const stage = await openStage({
    consumer: consumer(({ id }) => (id === "a" ? answered(500) : ok)),
    subscription: { retry: { kind: "list", delaysMs: [] } },
  });
  const lift = stage.engine.fail({ call: "log.append", on: "topic-2" });

  await stage.publish("a", "b");
  await stage.pass(60_000);
  await stage.publish("c");

  expect(stage.consumer.log()).toBe("a b c");
  expect(await stage.deadLetters()).toEqual([]);
  expect(stage.status()).toMatchObject({ parked: 1, health: "degraded", healthReason: expect.stringContaining(HELD) });
  lift();
  await stage.pass(60_000);
  expect(await stage.deadLetters()).toEqual(["a: answered"]);
  expect(stage.status()).toMatchObject({ parked: 0, health: "ok" });
  expect(stage.notes.lines.filter((line) => line.includes("Dead letters"))).toEqual([
    "log error Dead letters cannot be written; they are held and written again later.",
    "log info Dead letters are written again.",
  ]);
});

test("an append that was told to have failed and has not: the letter is there once", async () => {
  const stage = await openStage({
    consumer: consumer(() => answered(500)),
    subscription: { retry: { kind: "list", delaysMs: [] } },
  });
  stage.engine.fail({ call: "log.append", on: "topic-2", point: "after", times: 1 });

  await stage.publish("a");
  await stage.pass(60_000);

  expect(await stage.deadLetters()).toEqual(["a: answered"]);
  expect(stage.status().parked).toBe(0);
});

test("a dead letter topic that is gone holds its messages, also over a restart", async () => {
  const stage = await openStage({
    consumer: consumer(() => answered(500)),
    subscription: { retry: { kind: "list", delaysMs: [] } },
  });
  const document = await stage.engine.catalog.get("topic", "billing_errors");
  await stage.engine.catalog.delete("topic", "billing_errors", document?.version ?? 0);
  await stage.publish("a");
  await stage.pass(60_000);

  const after = await stage.crash();
  await after.pass(60_000);
  expect(after.status()).toMatchObject({ parked: 1, healthReason: expect.stringContaining(HELD) });
  await after.engine.catalog.put("topic", "billing_errors", document?.value, 0);
  await after.pass(60_000);

  expect(await after.deadLetters()).toEqual(["a: answered"]);
  expect(stage.consumer.log()).toBe("a");
});

test("many deaths at once are all written, in batches", async () => {
  const stage = await openStage({
    consumer: consumer(() => answered(422)),
    subscription: { permanentStatuses: [422], onRejecting: "dead-letter", maxInFlight: 100 },
    limits: { burialBatchMax: 7 },
  });
  const ids = Array.from({ length: 150 }, (_, index) => `m${index}`);

  await stage.publish(...ids);

  expect(new Set(await stage.deadLetters())).toEqual(new Set(ids.map((id) => `${id}: permanent`)));
  expect(await stage.deadLetters()).toHaveLength(150);
});
