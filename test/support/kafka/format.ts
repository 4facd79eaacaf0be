import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { javaArguments, javaEnvironment, type KafkaNode } from "./node.ts";
import type { Program } from "./program.ts";

const run = promisify(execFile);
const FORMAT_MS_MAX = 60_000;
const CHECKPOINT = "bootstrap.checkpoint";

export interface FormatOptions {
  readonly program: Program;
  readonly nodes: readonly KafkaNode[];
  /** Name → password. */
  readonly users: Readonly<Record<string, string>>;
}

/** Kafka's own tool formats the first node; the others get the same first records and an identity of their own. */
export async function formatStorage({ program, nodes, users }: FormatOptions): Promise<void> {
  const clusterId = newId();
  const [first, ...others] = nodes;
  if (first === undefined) return;
  await run(
    program.java,
    [
      ...["-Xmx128m", `-Djava.io.tmpdir=${first.dir}`, ...javaArguments(program), "kafka.tools.StorageTool"],
      ...["format", "--cluster-id", clusterId, "--config", join(first.dir, "server.properties")],
      ...Object.entries(users).flatMap(scramOptions),
    ],
    { timeout: FORMAT_MS_MAX, cwd: first.dir, env: javaEnvironment() },
  );
  for (const { id, dir } of others) {
    await mkdir(join(dir, "data"), { mode: 0o700 });
    await copyFile(join(first.dir, "data", CHECKPOINT), join(dir, "data", CHECKPOINT));
    const identity = { version: 1, "cluster.id": clusterId, "node.id": id, "directory.id": newId() };
    const lines = Object.entries(identity).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(join(dir, "data", "meta.properties"), lines.join(""));
  }
}

function scramOptions([name, password]: readonly [string, string]): string[] {
  const secret = `[name=${name},password=${password}]`;
  return ["--add-scram", `SCRAM-SHA-256=${secret}`, "--add-scram", `SCRAM-SHA-512=${secret}`];
}

/** As Kafka writes them: 16 bytes in base64url. It refuses one that looks like an option. */
function newId(): string {
  const id = randomBytes(16).toString("base64url");
  return id.startsWith("-") ? newId() : id;
}
