import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** File name → SHA-256 in hex, as `cd libs && sha256sum *.jar` writes it. */
export type JarSums = ReadonlyMap<string, string>;

const LINE = /^([0-9a-f]{64}) [ *](\S+\.jar)$/;

export async function readSums(file: string): Promise<JarSums> {
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [, sum, name] = LINE.exec(line) ?? [];
      if (sum === undefined || name === undefined) throw new Error(`${file} has a line that is no sum: ${line}`);
      return [name, sum];
    }),
  );
}

/** Throws, and names each of them, where a jar of the folder is missing, is not the one that is listed, or is not listed. */
export async function verifyJars(dir: string, sums: JarSums): Promise<void> {
  const found = await readdir(dir);
  const wrong = await Promise.all([...sums].map(([name, sum]) => isWrong(join(dir, name), sum)));
  const problems = [
    ...[...sums.keys()].filter((name) => !found.includes(name)).map((name) => `${name} is missing`),
    ...[...sums.keys()]
      .filter((name, index) => found.includes(name) && wrong[index])
      .map((name) => `${name} is not the file that jars.sha256 lists`),
    ...found.filter((name) => !sums.has(name)).map((name) => `${name} is not listed in jars.sha256`),
  ];
  if (problems.length > 0)
    throw new Error(
      `Kafka's jars in ${dir} are not trusted, nothing was started: ${problems.join("; ")}. ` +
        "Look where it comes from. Then remove that folder and Maven's copy, ~/.m2/repository, and they are fetched again.",
    );
}

/** One that cannot be read counts as missing or wrong, whichever the caller finds. */
async function isWrong(file: string, sum: string): Promise<boolean> {
  const bytes = await readFile(file).catch(() => undefined);
  return bytes === undefined || createHash("sha256").update(bytes).digest("hex") !== sum;
}
