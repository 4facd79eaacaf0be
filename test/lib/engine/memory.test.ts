import { expect, test } from "vitest";
import { memoryEngine } from "../../../src/lib/engine/memory/engine.ts";
import { memoryStorage } from "../../../src/lib/engine/memory/storage.ts";
import { manualClock } from "../../support/manual-clock.ts";

test("what was appended is read back by the next engine over the same storage", async () => {
  const clock = manualClock();
  const storage = memoryStorage();
  const first = memoryEngine({ clock, storage });
  await first.log.createTopic("t");
  await first.log.append("t", [{ id: "a", attributes: [], payload: Uint8Array.of(1) }], { dedupeWindowMs: 1000 });
  await first.close();

  const second = memoryEngine({ clock, storage });

  expect(await second.log.read({ topicId: "t", index: 0 }, 0, { countMax: 10, bytesMax: 10 })).toEqual({
    records: [{ id: "a", attributes: [], payload: Uint8Array.of(1), offset: 0, timeMs: clock.now() }],
    next: 1,
    damaged: [],
  });
});
