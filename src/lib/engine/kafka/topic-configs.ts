import { KBrokerError } from "../../domain/error.ts";

/** What every topic of ours has: the broker alone removes what is over its time, and each record gets the time at which Kafka took it. */
const OWN_CONFIGS: Readonly<Record<string, string>> = {
  "cleanup.policy": "delete",
  "compression.type": "producer",
  "max.message.bytes": "1048588",
  "message.timestamp.type": "LogAppendTime",
  "retention.bytes": "-1",
  "retention.ms": "-1",
};

const BY_TTL = "kbroker itself removes what is older than the topic's time to live; give --ttl";

/** Why nobody else decides it. */
const REASONS: Readonly<Record<string, string>> = {
  "cleanup.policy":
    "a topic of kbroker keeps every message for its time to live; a compacted topic of Kafka can be imported",
  "compression.type": "what a client compressed stays as it is",
  "max.message.bytes": "kbroker writes messages of many publishers in batches of up to 1 MB",
  "message.timestamp.type": "the time of a message is that at which Kafka took it",
  "retention.bytes": BY_TTL,
  "retention.ms": BY_TTL,
  "local.retention.bytes": BY_TTL,
  "local.retention.ms": BY_TTL,
};

/** The settings of a new topic. Fails with `topic_refused` for what is not for its creator to say. */
export function configsOfNew(given: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const decided = Object.keys(given).flatMap((name) => {
    const reason = Object.hasOwn(REASONS, name) ? REASONS[name] : undefined;
    return reason === undefined ? [] : [{ name, reason }];
  });
  if (decided.length > 0) {
    const why = decided.map(({ name, reason }) => `${name} (${reason})`).join(", ");
    throw new KBrokerError("topic_refused", `kbroker decides this for every topic that it creates: ${why}.`, {
      hint: `Leave out ${decided.map(({ name }) => `--config ${name}`).join(" and ")}.`,
    });
  }
  return { ...OWN_CONFIGS, ...given };
}

/** Whether a topic that was created here has the setting because every one has. */
export function isOwnConfig(name: string, value: string): boolean {
  return Object.hasOwn(OWN_CONFIGS, name) && OWN_CONFIGS[name] === value;
}
