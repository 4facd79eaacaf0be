import { Flags } from "@oclif/core";
import { KBrokerError } from "../domain/error.ts";
import { PARTITIONS_MAX, REPLICAS_MAX } from "../domain/layout.ts";

/** How a new topic lies in Kafka. */
export const layoutFlags = {
  partitions: Flags.integer({
    description: `On Kafka: how many partitions it has, 1 to ${PARTITIONS_MAX} (default: 6).`,
    min: 1,
    max: PARTITIONS_MAX,
    helpValue: "<count>",
  }),
  "replication-factor": Flags.integer({
    description: "On Kafka: on how many Kafka brokers each message lies (default: the cluster's setting).",
    min: 1,
    max: REPLICAS_MAX,
    helpValue: "<count>",
  }),
  config: Flags.string({
    description: "On Kafka: a setting of the Kafka topic; may be given several times.",
    helpValue: "<key=value>",
    multiple: true,
    multipleNonGreedy: true,
  }),
};

/** `["a=1", "b=2"]` as Kafka takes it. Fails with `usage`. */
export function parseConfigs(given: readonly string[]): Readonly<Record<string, string>> {
  const configs = new Map<string, string>();
  for (const text of given) {
    const at = text.indexOf("=");
    const [name, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
    if (at < 1 || name === "") throw wrong(`--config ${text} has no value.`);
    if (configs.has(name)) throw wrong(`--config gives ${name} twice.`);
    configs.set(name, value);
  }
  return Object.fromEntries(configs);
}

function wrong(message: string): KBrokerError {
  return new KBrokerError("usage", message, { hint: "Give each setting once: --config min.insync.replicas=2" });
}
