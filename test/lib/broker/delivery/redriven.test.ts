import { expect, test } from "vitest";
import { readDeadLetter } from "../../../../src/lib/domain/dead-letter.ts";
import type { ParkedEntry } from "../../../../src/lib/engine/port.ts";
import { answered, consumer, ok, type Script } from "../../../support/consumer.ts";
import { openStage, type Stage } from "../../../support/delivery.ts";

const HOUR_MS = 3_600_000;
const LETTERS = { topicId: "topic-2", index: 0 };

/** Message `a` died; then its letter is parked as redriven for the `count`-th time, and a new owner finds it. */
async function redriven(count: number, script: Script, delaysMs: readonly number[] = []): Promise<Stage> {
  const stage = await openStage({
    consumer: consumer(() => answered(500)),
    subscription: { retry: { kind: "list", delaysMs } },
    ttlMs: HOUR_MS,
  });
  await stage.append(["before"]);
  await stage.append(["a"], [["event-type", "created"]]);
  await stage.idle();
  await stage.pass(2 * HOUR_MS);
  stage.consumer.script(script);
  const entry: ParkedEntry = {
    ...{ source: { shard: LETTERS, offset: 1 }, generation: 0, publishTimeMs: stage.clock.now() - 2 * HOUR_MS },
    ...{ attempts: 0, strikes: 0, dueMs: stage.clock.now(), firstFailureMs: 0, lastFailureMs: 0, lastStatus: 500 },
    ...{ reason: "answered 500", redrive: { count } },
  };
  stage.storage.parked.set("subscription-1", new Map([["topic-2/0/1", entry]]));
  const next = await stage.crash();
  await next.idle();
  return next;
}

test("a redriven message is pushed with payload, key, id, publish time and attributes as they were, and its redrive count", async () => {
  const stage = await redriven(2, () => ok);

  const { push, attempt } = stage.consumer.received.at(-1) ?? {};
  const headers = Object.fromEntries(
    (push?.headers ?? []).flatMap((name, index, all) => (index % 2 === 0 ? [[name, all[index + 1]]] : [])),
  );
  expect(headers).toEqual({
    "content-type": "application/json",
    "x-kb-topic": "orders",
    "x-kb-subscription": "billing",
    "x-kb-messageid": "a",
    "x-kb-publishtime": new Date(stage.clock.now() - 2 * HOUR_MS).toISOString(),
    "x-kb-deliveryattempt": "1",
    "x-kb-redrivecount": "2",
    "event-type": "created",
  });
  expect(attempt).toBe(1);
  expect(stage.status().parked).toBe(0);
});

test("whatever a redriven message's age, it is delivered", async () => {
  const stage = await redriven(1, ({ attempt }) => (attempt === 1 ? answered(500) : ok), [15_000]);

  await stage.pass(20_000);

  expect(stage.consumer.log()).toBe("before a before#2 a#2 a a#2");
  expect(await stage.deadLetters()).toEqual(["before: answered", "a: answered"]);
});

test("one that dies again is a new dead letter: of its first place, as it was, with the count and where it was redriven from", async () => {
  const stage = await redriven(3, () => answered(422));

  const [, first, second] = await stage.deadLetterMessages();
  const [before, after] = [first, second].map((letter) => letter && readDeadLetter(letter));
  expect(after?.attributes).toEqual([["event-type", "created"]]);
  expect(after?.info).toEqual({
    ...before?.info,
    ...{ reason: "answered 422", status: 422, attempts: 1, redriveCount: 3, failedMs: stage.clock.now() },
    ...{ redrivenFrom: { shard: 0, offset: 1 }, firstFailureMs: 0 },
  });
});
