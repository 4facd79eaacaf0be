import { expect, onTestFinished, test } from "vitest";
import { diskFiles, type Files } from "../../../../src/lib/engine/embedded/journal/files.ts";
import { idsIn, message, TOPIC, topicWith } from "../../../conformance/fixtures.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { deferred } from "../../../support/promises.ts";
import { openIn, temporaryFolder } from "./fixtures.ts";

const SEGMENT_BYTES = 4_096;

/** Real files; the first batch of a new segment waits between its place and its write. */
function filesThatWait() {
  const [placed, written] = [deferred(), deferred()];
  const files: Files = {
    ...diskFiles,
    async create(path) {
      const file = await diskFiles.create(path);
      const write: typeof file.write = async (bytes, position) => {
        if (position > 0 && path.endsWith(".segment")) {
          placed.resolve();
          await written.promise;
        }
        await file.write(bytes, position);
      };
      return { ...file, write };
    },
  };
  return { files, placed: placed.promise, letGo: written.resolve };
}

test("a segment that was just begun is not removed as empty before its first batch is durable", async () => {
  const { dir, remove } = await temporaryFolder();
  onTestFinished(remove);
  const before = await openIn(dir, { segmentBytesMax: SEGMENT_BYTES });
  await topicWith(before.engine, 0);
  await before.engine.log.append(TOPIC, [message("first", "x".repeat(SEGMENT_BYTES))]);
  await before.engine.close();
  const clock = manualClock();
  const { files, placed, letGo } = filesThatWait();
  const { engine } = await openIn(dir, { clock, files, segmentBytesMax: SEGMENT_BYTES });

  const append = engine.log.append(TOPIC, [message("acknowledged")]);
  await placed;
  await clock.advance(10_000);
  letGo();
  await append;
  await engine.close();

  const after = await openIn(dir);
  onTestFinished(() => after.engine.close());
  expect(await idsIn(after.engine)).toEqual(["first", "acknowledged"]);
});
