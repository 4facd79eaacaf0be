import { z } from "zod";
import { brokersProblem } from "../domain/kafka-settings.ts";
import { KAFKA_RULES } from "./engine-keys.ts";
import { leaf, text, textWithout, trueOrFalse } from "./leaf.ts";

const BROKERS = { expected: "one or more host:port", fix: "Write for instance brokers: [kafka-1:9092, kafka-2:9092]." };

const brokersText = textWithout(brokersProblem, BROKERS);

const brokersList = leaf(
  (value): value is readonly string[] =>
    Array.isArray(value) && value.length > 0 && brokersProblem(value.map(String).join(",")) === undefined,
  {
    ...BROKERS,
    why: (value) =>
      Array.isArray(value) && value.length > 0 ? brokersProblem(value.map(String).join(",")) : undefined,
  },
);

/** A list, or the text of `KAFKA_BROKERS`. */
const brokers = z.unknown().transform((value, context) => {
  const result = (Array.isArray(value) ? brokersList : brokersText).safeParse(value);
  if (result.success) return Array.isArray(result.data) ? result.data.join(",") : String(result.data);
  for (const issue of result.error.issues) context.addIssue({ ...issue, path: [], code: "custom" });
  return z.NEVER;
});

const place = (key: string, example: string) =>
  text({
    expected: "the path of a file, from the directory of this file on",
    fix: `Write for instance ${key}: ${example}.`,
  });

/** How Kafka is reached. No secret has a key: this file is in a repository. */
export const kafkaSection = z.strictObject({
  brokers: brokers.optional(),
  prefix: textWithout(KAFKA_RULES.prefix.problem, {
    expected: "what the names of all topics and groups in Kafka begin with",
    fix: "Write for instance prefix: shop-.",
  }).optional(),
  tls: trueOrFalse("tls").optional(),
  tls_ca: place("tls_ca", "kafka-ca.pem").optional(),
  tls_server_name: textWithout(KAFKA_RULES.tls_server_name.problem, {
    expected: "the host name that the brokers' certificates are for",
    fix: "Write for instance tls_server_name: kafka.internal.",
  }).optional(),
  sasl_mechanism: textWithout(KAFKA_RULES.sasl_mechanism.problem, {
    expected: "the name of a SASL mechanism",
    fix: "Write for instance sasl_mechanism: scram-sha-512.",
  }).optional(),
  sasl_username: text({ expected: "a user name", fix: "Write for instance sasl_username: kbroker." }).optional(),
  sasl_password_file: place("sasl_password_file", "/run/secrets/kafka").optional(),
});

export type KafkaSection = z.output<typeof kafkaSection>;
