import { expect, test } from "vitest";
import { diskFiles, type Files, type OpenFile } from "../../../../src/lib/engine/embedded/journal/files.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { openIn, quickFolder } from "./fixtures.ts";

const SHARD = { topicId: "t", index: 0 };

test("what no message is older than is found without a look at the disk, so that lag costs the same over any backlog", async () => {
  const { dir, remove } = await quickFolder();
  const { files, readCount } = countingFiles();
  const clock = manualClock();
  const before = await openIn(dir, { clock });
  await before.engine.log.createTopic(SHARD.topicId);
  const firstMs = clock.now();
  for (let index = 0; index < 20; index += 1) {
    const message = { id: `message-${index}`, attributes: [], payload: new TextEncoder().encode("{}") };
    await before.engine.log.append(SHARD.topicId, [message]);
    await clock.advance(1_000);
  }
  await before.engine.close();
  // Opened anew: nothing of it is in memory.
  const { engine } = await openIn(dir, { clock, files });
  const readBefore = readCount();

  const [beginning, first, end] = await Promise.all([
    engine.log.offsetAt(SHARD, 0),
    engine.log.offsetAt(SHARD, firstMs),
    engine.log.offsetAt(SHARD, clock.now()),
  ]);
  const readFor = readCount() - readBefore;
  const later = await engine.log.offsetAt(SHARD, firstMs + 5_000);

  expect([beginning, first, end]).toEqual([0, 0, 20]);
  expect(readFor).toBe(0);
  expect(later).toBe(5);
  expect(readCount()).toBeGreaterThan(readBefore);
  await engine.close();
  await remove();
});

function countingFiles(): { files: Files; readCount: () => number } {
  let reads = 0;
  const counted = (file: OpenFile): OpenFile => ({
    ...file,
    read(into, position) {
      reads += 1;
      return file.read(into, position);
    },
  });
  const files: Files = {
    ...diskFiles,
    create: async (path) => counted(await diskFiles.create(path)),
    open: async (path) => counted(await diskFiles.open(path)),
  };
  return { files, readCount: () => reads };
}
