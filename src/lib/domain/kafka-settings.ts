/** How a cluster of Apache Kafka is reached. Nothing in it is a secret but what `password` resolves with. */
export interface KafkaSettings {
  /** Where to begin; the cluster itself names the others. Never empty. */
  readonly brokers: readonly KafkaBroker[];
  /** Under which Kafka counts and limits what we ask. */
  readonly clientId: string;
  /** `null`: in clear. */
  readonly tls: KafkaTls | null;
  /** `null`: Kafka does not ask who we are. */
  readonly sasl: KafkaSasl | null;
}

export interface KafkaBroker {
  readonly host: string;
  readonly port: number;
}

export interface KafkaTls {
  /** PEM; left out: the authorities that Node knows. */
  readonly ca?: string;
  /** The name that certificates are held against. Left out: the host of each broker. */
  readonly serverName?: string;
}

export const SASL_MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const;
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

export interface KafkaSasl {
  readonly mechanism: SaslMechanism;
  readonly username: string;
  /** Asked anew for each connection, so that a changed password is found. Fails with `config_invalid` where there is none any more. */
  readonly password: () => Promise<string>;
}

/** The port of Kafka's own examples. */
const PORT_DEFAULT = 9_092;
/** More are never needed to begin. */
export const KAFKA_BROKERS_MAX = 64;

/** With it the longest name of a topic is one that Kafka takes. */
const PREFIX_LENGTH_MAX = 40;

/** What is wrong with the beginning of all names in Kafka, in words that follow a colon; `undefined`: nothing. */
export function prefixProblem(text: string): string | undefined {
  if (/^[A-Za-z0-9._-]*$/.test(text) && text.length <= PREFIX_LENGTH_MAX) return undefined;
  return `it is not at most ${PREFIX_LENGTH_MAX} letters, digits, ., _ and -`;
}

/** Of `a:9092,b:9092`; white space around each does not count. Call `brokersProblem` first: what that finds wrong is left out. */
export function parseBrokers(text: string): readonly KafkaBroker[] {
  return text.split(",").flatMap((part) => parseBroker(part.trim()) ?? []);
}

/** What is wrong with the text, in words that follow a colon; `undefined`: nothing. */
export function brokersProblem(text: string): string | undefined {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.length > KAFKA_BROKERS_MAX) return `it names more than ${KAFKA_BROKERS_MAX} brokers`;
  for (const part of parts) {
    const problem = brokerProblem(part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

export function brokersText(brokers: readonly KafkaBroker[]): string {
  return brokers.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`).join(",");
}

function brokerProblem(part: string): string | undefined {
  if (part === "") return "one of its brokers is empty";
  if (part.includes("@")) return "it holds a user name or password, which have settings of their own";
  if (part.includes("://")) return `"${part}" begins with a scheme; Kafka's brokers are host:port`;
  return parseBroker(part) === undefined ? `"${part}" is no host:port` : undefined;
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`. */
function parseBroker(part: string): KafkaBroker | undefined {
  const match = /^(?:\[(?<v6>[0-9A-Fa-f:.]+)\]|(?<name>[A-Za-z0-9._-]+))(?::(?<port>\d{1,5}))?$/.exec(part);
  const host = match?.groups?.v6 ?? match?.groups?.name;
  const port = Number(match?.groups?.port ?? PORT_DEFAULT);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** As people write it: `scram-sha-512` and `SCRAM-SHA-512` are one. `undefined`: none that we know. */
export function parseSaslMechanism(text: string): SaslMechanism | undefined {
  const upper = text.toUpperCase();
  return SASL_MECHANISMS.find((mechanism) => mechanism === upper);
}
