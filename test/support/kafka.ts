import { afterAll, beforeAll, describe, inject, onTestFinished, test } from "vitest";
import type { Cluster, ClusterOptions } from "./kafka/cluster.ts";
import { kafkaProgram } from "./kafka/program.ts";
import { runTool } from "./kafka/tool.ts";
import { openKafka } from "./kafka/watched.ts";

export type { Cluster } from "./kafka/cluster.ts";
export type { KafkaNode } from "./kafka/node.ts";

const given = process.env.KBROKER_TEST_KAFKA ?? "";
const canStart = (await ask("missing")) === null;
const isRequired = process.env.KBROKER_REQUIRE_KAFKA === "1";

/** Whether `kafkaForTests` has one to give. Where one is required it is asked for, and fails. */
export const hasKafka = canStart || given !== "" || isRequired;

/**
 * Where there is a Kafka for `kafkaForTests`. Elsewhere they are skipped, loudly; with KBROKER_REQUIRE_KAFKA=1, where nothing may be skipped,
 * they fail.
 */
export const testWithKafka = test.skipIf(!hasKafka);
export const describeWithKafka = describe.skipIf(!hasKafka);

/** The same for `startKafka`, which nobody can give. */
export const testWithOwnKafka = test.skipIf(!canStart && !isRequired);
export const describeWithOwnKafka = describe.skipIf(!canStart && !isRequired);

/**
 * `host:port` of each node of the Kafka that all tests of this run share: KBROKER_TEST_KAFKA, or one node that was started for the run. Others
 * use it at the same time: give everything in it a name of your own.
 */
export async function kafkaForTests(): Promise<readonly string[]> {
  if (given !== "") return given.split(",");
  const answered = await ask("bootstrap");
  if (!Array.isArray(answered)) throw new Error(`Not the servers of a Kafka: ${JSON.stringify(answered)}`);
  return answered.map(String);
}

/** A cluster for this test alone, whose nodes may be killed and frozen; it is gone afterwards, however the test ends. */
export async function startKafka(options: Omit<ClusterOptions, "dir" | "program"> = {}): Promise<Cluster> {
  const cluster = await openKafka({ ...options, program: await kafkaProgram() });
  onTestFinished(() => cluster.close());
  return cluster;
}

/** A cluster for all tests of the `describe` around it; gives `host:port` of its nodes. */
export function clusterOfFile(options: Omit<ClusterOptions, "dir" | "program">): () => Promise<readonly string[]> {
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    cluster = await openKafka({ ...options, program: await kafkaProgram() });
  }, START_MS_MAX);
  afterAll(() => cluster?.close());
  return async () => cluster?.bootstrap ?? [];
}

/** A bound on what hangs. */
const START_MS_MAX = 180_000;

/**
 * What one of Kafka's own tools prints: `kafkaTool("org.apache.kafka.tools.TopicCommand", ["--bootstrap-server", …])`. It ends with the test
 * at the latest.
 */
export function kafkaTool(name: string, args: readonly string[]): Promise<string> {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const told = kafkaProgram().then((program) => runTool(program, { name, args, signal: over.signal }));
  // Nobody may have waited for it.
  told.catch(() => undefined);
  return told;
}

/** The process that runs the tests answers: see kafka/host.ts. */
async function ask(what: "missing" | "bootstrap"): Promise<unknown> {
  const response = await fetch(`${inject("kafkaHost")}/${what}`);
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}
