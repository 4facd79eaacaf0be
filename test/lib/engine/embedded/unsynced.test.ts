import { join, relative } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { diskFiles, type Files } from "../../../../src/lib/engine/embedded/journal/files.ts";
import { idsIn, topicWith } from "../../../conformance/fixtures.ts";
import { openIn, temporaryFolder } from "./fixtures.ts";

/** Real files that note what was made durable through them. */
function notedFiles() {
  const synced: string[] = [];
  const files: Files = {
    ...diskFiles,
    async open(path) {
      const file = await diskFiles.open(path);
      const sync = async () => {
        synced.push(path.replace(/.*\//, ""));
        await file.sync();
      };
      return { ...file, sync };
    },
    async syncFolder(folder) {
      synced.push(folder);
      await diskFiles.syncFolder(folder);
    },
  };
  return { files, synced };
}

test("what a killed process wrote and did not sync is synced before it is served", async () => {
  const { dir, remove } = await temporaryFolder();
  onTestFinished(remove);
  const before = await openIn(dir);
  await topicWith(before.engine, 2);
  await before.engine.close();
  const { files, synced } = notedFiles();

  const { engine } = await openIn(dir, { files });
  onTestFinished(() => engine.close());

  expect(synced).toEqual([join(dir, "state"), dir, "0000000000000001.segment", join(dir, "journal")]);
  expect(await idsIn(engine)).toEqual(["0", "1"]);
});

test("a power cut after the first message does not take the folders that hold it", async () => {
  const { dir, remove } = await temporaryFolder();
  onTestFinished(remove);
  const { files, synced } = notedFiles();

  const { engine } = await openIn(join(dir, "a", "b"), { files });
  onTestFinished(() => engine.close());

  const folders = synced.filter((path) => path.startsWith(dir)).map((path) => relative(dir, path));
  expect(folders).toEqual(["a", "", "a/b/state", "a/b", "a/b/journal"]);
});
