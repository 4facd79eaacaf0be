import { describe, inject, onTestFinished, test } from "vitest";
import type { Cluster, ClusterOptions } from "./kafka/cluster.ts";
import { kafkaProgram } from "./kafka/program.ts";
import { openKafka } from "./kafka/watched.ts";

export type { Cluster } from "./kafka/cluster.ts";
export type { KafkaNode } from "./kafka/node.ts";

const given = process.env.KBROKER_TEST_KAFKA;
const isMissing = (given === undefined || given === "") && (await ask("missing")) !== null;
const isSkipped = isMissing && process.env.KBROKER_REQUIRE_KAFKA !== "1";

/** Where there is a Kafka. Elsewhere they are skipped, loudly; with KBROKER_REQUIRE_KAFKA=1, where nothing may be skipped, they fail. */
export const testWithKafka = test.skipIf(isSkipped);
export const describeWithKafka = describe.skipIf(isSkipped);

/**
 * `host:port` of each node of the Kafka that all tests of this run share: KBROKER_TEST_KAFKA, or one node that was started for the run. Others
 * use it at the same time: give everything in it a name of your own.
 */
export async function kafkaForTests(): Promise<readonly string[]> {
  if (given !== undefined && given !== "") return given.split(",");
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

/** The process that runs the tests answers: see kafka/host.ts. */
async function ask(what: "missing" | "bootstrap"): Promise<unknown> {
  const response = await fetch(`${inject("kafkaHost")}/${what}`);
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}
