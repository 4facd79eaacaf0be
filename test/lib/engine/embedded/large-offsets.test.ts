import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFailStop } from "../../../../src/lib/engine/embedded/fault.ts";
import { openStateStore } from "../../../../src/lib/engine/embedded/state/store.ts";
import { message, SHARD, TOPIC } from "../../../conformance/fixtures.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { openIn, quickFolder } from "./fixtures.ts";

test("a topic that has had more than two thousand million messages is not searched for a time at a wrong place", async () => {
  const { dir, remove } = await quickFolder();
  const before = 3_000_000_000;
  await mkdir(join(dir, "state"));
  await writeFile(join(dir, "format"), "kbroker-data 1\n");
  const state = await openStateStore(
    join(dir, "state"),
    createFailStop(() => {}),
  );
  await state.commit((write) =>
    write.put(state.topics, TOPIC, { start: before, end: before, lastTimeMs: 0, accounted: before }),
  );
  await state.close();
  const clock = manualClock();
  const { engine } = await openIn(dir, { clock, tailBytesMax: 0 });
  const times: number[] = [];
  for (let index = 0; index < 9; index += 1) {
    times.push(clock.now());
    await engine.log.append(TOPIC, [message(`m${index}`)]);
    await clock.advance(1_000);
  }

  const found = await Promise.all(times.map((timeMs) => engine.log.offsetAt(SHARD, timeMs)));

  expect(found).toEqual(times.map((_, index) => before + index));
  await engine.close();
  await remove();
});
