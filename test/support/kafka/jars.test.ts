import { appendFile, cp, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { testWithOwnKafka } from "../kafka.ts";
import { readSums } from "./jars.ts";
import { kafkaProgram } from "./program.ts";

testWithOwnKafka(
  "jars that are not the listed ones are named, each of them, and nothing is started with them",
  async () => {
    const { cacheDir, libsDir } = await copyOfJars();
    await appendFile(join(libsDir, "kafka_2.13-4.3.1.jar"), "more");
    await rename(join(libsDir, "slf4j-api-1.7.36.jar"), join(libsDir, "slf4j-api-9.jar"));

    const refused = expect(kafkaProgram({ cacheDir })).rejects;

    await refused.toThrow(`Kafka's jars in ${libsDir} are not trusted, nothing was started`);
    await refused.toThrow("slf4j-api-1.7.36.jar is missing");
    await refused.toThrow("kafka_2.13-4.3.1.jar is not the file that jars.sha256 lists");
    await refused.toThrow("slf4j-api-9.jar is not listed in jars.sha256");
  },
);

testWithOwnKafka("jars that are the listed ones are taken, wherever they are", async () => {
  const { cacheDir, libsDir } = await copyOfJars();

  const { classPath } = await kafkaProgram({ cacheDir });

  expect(classPath.split(":").every((file) => dirname(file) === libsDir)).toBe(true);
  expect(classPath.split(":").map((file) => basename(file))).toContain("kafka_2.13-4.3.1.jar");
});

test("a list of sums that cannot be read is refused with the line", async () => {
  const file = join(await temporary(), "jars.sha256");
  await writeFile(file, "0123  kafka.jar\n");

  await expect(readSums(file)).rejects.toThrow("a line that is no sum: 0123  kafka.jar");
});

/** A cache of this test's own, with what the real one holds. */
async function copyOfJars(): Promise<{ readonly cacheDir: string; readonly libsDir: string }> {
  const real = dirname((await kafkaProgram()).archiveFile);
  const cacheDir = await temporary();
  const libsDir = join(cacheDir, basename(real), "libs");
  await cp(join(real, "libs"), libsDir, { recursive: true });
  return { cacheDir, libsDir };
}

async function temporary(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "kbroker-jars-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
