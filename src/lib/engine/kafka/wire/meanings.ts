import type { Code } from "../../../domain/error.ts";

export interface Meaning {
  readonly code: Code;
  /** The next step of whoever operates the broker. */
  readonly hint: string;
}

/**
 * What happens on the way, where Kafka itself says nothing. `CLOSED`: the other side ended the connection instead of answering;
 * `CERTIFICATE`: whoever answers is not believed to be who was meant; `NO_TLS`: it does not speak TLS.
 */
export type WayCode = "NETWORK" | "TIMEOUT" | "CLOSED" | "CERTIFICATE" | "NO_TLS";

const DOC = "docs/kafka.md";

const unavailable = (hint: string): Meaning => ({ code: "engine_unavailable", hint });
const denied = (hint: string): Meaning => ({ code: "engine_denied", hint });
const failed = (hint: string): Meaning => ({ code: "engine_failed", hint });
const refused = (hint: string): Meaning => ({ code: "topic_refused", hint });

const ELECTION = unavailable(
  "Nothing is lost; try again. Should it last: `kafka-topics.sh --describe --unavailable-partitions` names what has no leader.",
);
const REPLICAS =
  "Start the Kafka brokers that are down; `kafka-topics.sh --describe --under-min-isr-partitions` names what waits for them.";
const TOO_LARGE: Meaning = {
  code: "payload_too_large",
  hint: "The Kafka topic takes less (max.message.bytes): send a smaller message, or raise it with Kafka's own tools.",
};
const CREDENTIALS = denied(
  "Check --sasl-mechanism, --sasl-username and the password: `kbroker config show --origin` says where each comes from.",
);

const MEANINGS: Readonly<Record<string, Meaning>> = {
  UNKNOWN_TOPIC_OR_PARTITION: failed(
    `The Kafka topic is not there: somebody removed it with Kafka's own tools. What is left to do: docs/kafka-troubleshooting.md.`,
  ),
  LEADER_NOT_AVAILABLE: ELECTION,
  NOT_LEADER_OR_FOLLOWER: ELECTION,
  REQUEST_TIMED_OUT: unavailable(
    "Try again; with an id of its own a message that was kept after all reaches nobody twice. Should it last, Kafka is overloaded or its network is.",
  ),
  NOT_ENOUGH_REPLICAS: unavailable(`Nothing was written. ${REPLICAS}`),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: unavailable(
    `It was written, but on fewer replicas than have to have it; with an id of its own a message can be sent again. ${REPLICAS}`,
  ),
  TOPIC_AUTHORIZATION_FAILED: denied(`Give the broker's user the rights on topics that ${DOC} lists.`),
  GROUP_AUTHORIZATION_FAILED: denied(`Give the broker's user the rights on groups that ${DOC} lists.`),
  CLUSTER_AUTHORIZATION_FAILED: denied(`Give the broker's user the rights on the cluster that ${DOC} lists.`),
  INVALID_PARTITIONS: refused("Give another number of partitions; they can be added later, and never taken away."),
  INVALID_REPLICATION_FACTOR: refused(
    "Ask for at most as many replicas as there are Kafka brokers at work, or leave it to the cluster.",
  ),
  INVALID_REPLICA_ASSIGNMENT: refused("Wait for the reassignment of its partitions that is under way."),
  REASSIGNMENT_IN_PROGRESS: refused("Wait for the reassignment of its partitions that is under way."),
  INVALID_CONFIG: refused("Mend that --config; Kafka's documentation of topic settings names each and what it takes."),
  POLICY_VIOLATION: refused(
    "The cluster has a policy for topics (create.topic.policy.class.name): ask for what it allows.",
  ),
  INVALID_RECORD: {
    code: "invalid_request",
    hint: "The Kafka topic is compacted: publish with a key (--key, X-KB-Key).",
  },
  MESSAGE_TOO_LARGE: TOO_LARGE,
  RECORD_LIST_TOO_LARGE: TOO_LARGE,
  INVALID_REQUIRED_ACKS: failed(
    "kbroker waits for all replicas in sync (-1), which every Kafka takes: look for a proxy that changes requests.",
  ),
  SASL_AUTHENTICATION_FAILED: CREDENTIALS,
  AUTHENTICATION: CREDENTIALS,
  UNSUPPORTED_SASL_MECHANISM: denied(
    "The Kafka listener does not know this mechanism: give another --sasl-mechanism, or add it to sasl.enabled.mechanisms.",
  ),
  ILLEGAL_SASL_STATE: denied(
    "This Kafka listener asks nobody who they are: leave out --sasl-mechanism, --sasl-username and the password, or give the port of one that does.",
  ),
  NETWORK: unavailable(
    "Check that --brokers (KAFKA_BROKERS) names Kafka's own host:port, and that what Kafka advertises (advertised.listeners) is reached from here.",
  ),
  TIMEOUT: unavailable("Nothing is lost; try again. Should it last, look at Kafka's load and at the network."),
  CLOSED: unavailable(
    "What listens there may expect TLS (--tls), a user (--sasl-mechanism), or not be Kafka: compare --brokers with Kafka's listeners.",
  ),
  CERTIFICATE: denied(
    "Name the authority that signed the brokers' certificates with --tls-ca, and the name in them with --tls-server-name where it is not the host.",
  ),
  NO_TLS: unavailable(
    "What listens there does not speak TLS: leave out --tls, or give the port of a listener that does.",
  ),
};

/** The first that is known tells. */
export function meaningOf(kafkaCodes: readonly string[], isPassing: boolean): Meaning {
  for (const code of kafkaCodes) {
    const meaning = Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : undefined;
    if (meaning !== undefined) return meaning;
  }
  return isPassing
    ? unavailable("Nothing is lost; try again. The broker's log says what it cannot reach.")
    : failed("The broker's log has the whole error.");
}
