import { expect, onTestFinished, test } from "vitest";
import { type Engine, SCHEDULES_PREFIX, type ScheduledMessage } from "../../../../src/lib/engine/port.ts";
import { ALL, message, own, TOPIC } from "../../../conformance/fixtures.ts";
import { openIn, quickFolder } from "./fixtures.ts";

const DUE_MS = 1_767_225_900_000;

function scheduled(id: string): ScheduledMessage {
  return { topicId: TOPIC, topic: "orders", message: message(id), scheduledAtMs: 0, dueMs: DUE_MS };
}

async function folder(): Promise<string> {
  const { dir, remove } = await quickFolder();
  onTestFinished(remove);
  return dir;
}

/** Closed after the test, before its folder goes. */
function closing(engine: Engine): Engine {
  onTestFinished(() => engine.close());
  return engine;
}

test("below the room that is kept nothing is scheduled, and what waits can still be published and taken off", async () => {
  const dir = await folder();
  const { engine: before } = await openIn(dir);
  await before.schedules.put(scheduled("a"));
  await before.close();
  const engine = closing((await openIn(dir, { freeBytesMin: Number.MAX_SAFE_INTEGER })).engine);

  await expect(engine.schedules.put(scheduled("b"))).rejects.toMatchObject({ code: "disk_full" });

  const hold = await own(engine, `${SCHEDULES_PREFIX}0`);
  expect((await engine.schedules.due(hold, DUE_MS, ALL)).messages).toMatchObject([{ message: { id: "a" } }]);
  await engine.schedules.remove(hold, [{ topicId: TOPIC, id: "a", dueMs: DUE_MS }]);
  expect(await engine.schedules.count(TOPIC)).toBe(0);
});

test("more puts at a time than may wait for the disk are overloaded, and the others are kept", async () => {
  const engine = closing((await openIn(await folder(), { backlogCountMax: 3 })).engine);

  const puts = await Promise.allSettled(["a", "b", "c", "d", "e"].map((id) => engine.schedules.put(scheduled(id))));

  expect(puts.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected", "rejected"]);
  expect(puts[3]).toMatchObject({ reason: { code: "overloaded", retryAfterS: 1 } });
  expect((await engine.schedules.list(TOPIC, ALL)).map(({ message: { id } }) => id)).toEqual(["a", "b", "c"]);
  expect(await engine.schedules.put(scheduled("d"))).toEqual({ kind: "put" });
});

test("a closed engine schedules nothing", async () => {
  const { engine } = await openIn(await folder());
  await engine.close();

  await expect(engine.schedules.put(scheduled("a"))).rejects.toMatchObject({ code: "broker_stopping" });
});
