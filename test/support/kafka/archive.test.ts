import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { prepareClassArchive } from "./archive.ts";

test("where Java cannot keep its classes, that is told and nothing is left of the attempt", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kbroker-archive-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const program = { java: join(folder, "no-java"), classPath: "", archiveFile: join(folder, "classes.jsa") };
  const said: string[] = [];

  await prepareClassArchive(program, (text) => said.push(text));

  expect(said).toEqual([
    "Kafka's classes are prepared for faster starts: once.",
    expect.stringContaining("They are not:"),
  ]);
  expect(await readdir(folder)).toEqual([]);
});
