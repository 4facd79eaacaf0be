import { expect, test } from "vitest";
import { memoryEngine } from "../../src/lib/engine/memory/engine.ts";
import { idsIn, message, OTHER_TOPIC, TOPIC, topicWith } from "../conformance/fixtures.ts";
import { manualClock } from "../support/manual-clock.ts";
import { isPending } from "../support/promises.ts";
import { faultyEngine } from "./faulty-engine.ts";

async function engineWithTopics() {
  const engine = faultyEngine(memoryEngine({ clock: manualClock() }));
  await topicWith(engine, 1);
  await topicWith(engine, 1, OTHER_TOPIC);
  return engine;
}

test("a fault fails the chosen call on the chosen topic, as often as told, and changes nothing", async () => {
  const engine = await engineWithTopics();
  engine.fail({ call: "log.append", on: TOPIC, times: 1 });

  await expect(engine.log.append(TOPIC, [message("lost")])).rejects.toMatchObject({ code: "disk_full" });

  await engine.log.append(OTHER_TOPIC, [message("elsewhere")]);
  await engine.log.append(TOPIC, [message("next")]);
  expect(await idsIn(engine)).toEqual(["0", "next"]);
});

test("a fault after the call leaves it done and tells its caller that it failed", async () => {
  const engine = await engineWithTopics();
  const lift = engine.fail({ call: "log.append", point: "after", error: new Error("no answer") });

  await expect(engine.log.append(TOPIC, [message("done")])).rejects.toThrow("no answer");

  lift();
  await engine.log.append(TOPIC, [message("next")]);
  expect(await idsIn(engine)).toEqual(["0", "done", "next"]);
});

test("a held call waits until it is let go or fails", async () => {
  const engine = await engineWithTopics();
  const held = engine.hold({ call: "log.append", on: TOPIC });
  const append = engine.log.append(TOPIC, [message("a")]);
  await held.arrived;

  expect(await isPending(append)).toBe(true);
  held.letGo();
  await append;

  const failing = engine.hold({ call: "log.append" });
  const lost = engine.log.append(TOPIC, [message("b")]);
  failing.fail();
  await expect(lost).rejects.toMatchObject({ code: "disk_full" });
  expect(await idsIn(engine)).toEqual(["0", "a"]);
});
