import { brokersProblem, parseSaslMechanism, prefixProblem } from "../domain/kafka-settings.ts";

export const ENGINES = ["embedded", "kafka"] as const;
export type EngineName = (typeof ENGINES)[number];

/** What is set of Kafka, as the keys under `kafka:` name it. */
export const KAFKA_KEYS = [
  "brokers",
  "prefix",
  "tls",
  "tls_ca",
  "tls_server_name",
  "sasl_mechanism",
  "sasl_username",
  "sasl_password_file",
] as const;
export type KafkaKey = (typeof KAFKA_KEYS)[number];

/** The names are those that clients of Kafka have already, so that one environment serves both. */
export const KAFKA_VARIABLES: Readonly<Record<KafkaKey, string>> = {
  brokers: "KAFKA_BROKERS",
  prefix: "KAFKA_PREFIX",
  tls: "KAFKA_TLS",
  tls_ca: "KAFKA_TLS_CA",
  tls_server_name: "KAFKA_TLS_SERVER_NAME",
  sasl_mechanism: "KAFKA_SASL_MECHANISM",
  sasl_username: "KAFKA_USERNAME",
  sasl_password_file: "KAFKA_PASSWORD_FILE",
};
export const KAFKA_PASSWORD_VARIABLE = "KAFKA_PASSWORD";

export function flagOf(key: KafkaKey): string {
  return key.replaceAll("_", "-");
}

interface Rule {
  /** Of a text that is not empty. */
  readonly problem: (text: string) => string | undefined;
  readonly example: string;
}

const ANYTHING = () => undefined;

/** What a flag or a variable may hold; files are checked with their places. */
export const KAFKA_RULES: Readonly<Record<KafkaKey, Rule>> = {
  brokers: { problem: brokersProblem, example: "kafka-1:9092,kafka-2:9092" },
  prefix: { problem: prefixProblem, example: "shop-" },
  tls: {
    problem: (text) => (text === "true" || text === "false" ? undefined : "it is neither true nor false"),
    example: "true",
  },
  tls_ca: { problem: ANYTHING, example: "kafka-ca.pem" },
  tls_server_name: {
    problem: (text) => (/^[A-Za-z0-9._-]{1,253}$/.test(text) ? undefined : "it is no host name"),
    example: "kafka.internal",
  },
  sasl_mechanism: {
    problem: (text) => (parseSaslMechanism(text) ? undefined : "there are plain, scram-sha-256 and scram-sha-512"),
    example: "scram-sha-512",
  },
  sasl_username: { problem: ANYTHING, example: "kbroker" },
  sasl_password_file: { problem: ANYTHING, example: "/run/secrets/kafka" },
};
