import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { openBroker } from "../../src/lib/open-broker.ts";
import type { Storage } from "../../src/lib/open-engine.ts";
import { run, runJson } from "../commands/run.ts";
import { temporaryDir } from "../e2e/http.ts";
import { kafkaForTests, testWithKafka } from "../support/kafka.ts";
import { settingsFor } from "../support/kafka-nodes.ts";

const MS_MAX = 120_000;
const LIMITS = { partitions: 2, parkedPartitions: 1, schedulePartitions: 1 };

async function open(storage: Storage): Promise<Record<string, string>> {
  const broker = await openBroker({
    version: "0.0.0",
    listen: { host: "127.0.0.1", port: 0, insecure: false },
    allowedHosts: [],
    storage,
    log: { write: () => {}, human: false },
    onFatal: (error) => {
      throw error;
    },
  });
  onTestFinished(() => broker.close());
  return { KBROKER_ADMIN_URL: broker.url };
}

async function kafka(): Promise<Record<string, string>> {
  const settings = settingsFor(await kafkaForTests());
  return open({ engine: "kafka", settings, prefix: `x${randomUUID().slice(0, 8)}-`, limits: LIMITS });
}

testWithKafka(
  "partitions and Kafka's settings go from Kafka to Kafka; an embedded broker leaves them out",
  async () => {
    const [from, to, embedded] = await Promise.all([
      kafka(),
      kafka(),
      temporaryDir().then((dataDir) => open({ dataDir, acceptLoss: false })),
    ]);
    const layout = ["--partitions", "3", "--config", "min.insync.replicas=1"];
    await run("topic create", ["orders", ...layout], from);
    await run("topic create", ["clicks"], from);
    await run("subscription create", ["billing", "--topic", "orders", "--endpoint", "http://h/"], from);
    const { stdout: text } = await run("broker export", [], from);
    const file = join(await temporaryDir(), "broker.yaml");
    await writeFile(file, text);

    const toKafka = await runJson("broker import", [file, "--yes"], to);
    const toEmbedded = await runJson("broker import", [file, "--yes"], embedded);

    expect(text).toContain('    partitions: 3\n    configs:\n      min.insync.replicas: "1"\n');
    expect(toKafka).toMatchObject({ exit: 0, json: { created: 3 } });
    expect((await run("broker export", [], to)).stdout).toBe(text);
    expect(toEmbedded).toMatchObject({ exit: 0, json: { created: 3 } });
    expect((await run("broker export", [], embedded)).stdout).toBe(
      text.replaceAll(/ {4}(partitions|configs):.*\n( {6}.*\n)*/g, ""),
    );
    expect(await runJson("broker import", [file], embedded)).toMatchObject({ exit: 0, json: { created: 0, same: 3 } });

    await writeFile(file, text.replace("partitions: 3", "partitions: 4").replace("partitions: 2", "partitions: 1"));
    const differing = await run("broker import", [file], to);
    expect(differing.exit).toBe(8);
    expect(differing.stderr).toContain(
      "The broker has 3, the file has 4.\n    kbroker topic update orders --partitions 4",
    );
    expect(differing.stderr).toContain(
      "The broker has 2, the file has 1.\n    It cannot be changed: correct the file.",
    );
  },
  MS_MAX,
);
