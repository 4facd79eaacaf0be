import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { KBrokerError } from "../domain/error.ts";
import {
  type KafkaBroker,
  type KafkaSasl,
  type KafkaSettings,
  type KafkaTls,
  parseBrokers,
  parseSaslMechanism,
} from "../domain/kafka-settings.ts";
import { KAFKA_VARIABLES, type KafkaKey } from "./engine-keys.ts";
import type { EngineSettings } from "./engine-settings.ts";
import { isOpenToOthers, passwordOf, readSmallFile } from "./password.ts";
import type { Setting } from "./settings-file.ts";

const CLIENT_ID = "kbroker";

export interface KafkaConnection {
  readonly settings: KafkaSettings;
  /** What whoever starts the broker should know: one line each. */
  readonly notes: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;

/** All settings together, and read once: a file that is missing shows now, not at the first connection. Fails with `config_invalid`. */
export async function kafkaConnection(engine: EngineSettings, env: Env): Promise<KafkaConnection> {
  const brokers = parseBrokers(await brokersOf(engine));
  const tls = await tlsOf(engine);
  const { sasl, notes } = await saslOf(engine, env);
  if (sasl?.mechanism === "PLAIN" && tls === null && !brokers.every(isLoopback)) throw inClear();
  return { settings: { brokers, clientId: CLIENT_ID, tls, sasl }, notes: [...notes, ...foreignNotes(env)] };
}

async function brokersOf(engine: EngineSettings): Promise<string> {
  const found = await engine.kafka("brokers");
  if (found !== undefined) return found.value;
  const { origin } = await engine.engine();
  throw new KBrokerError("config_invalid", `The engine is kafka (${origin}), and nothing says where Kafka is.`, {
    hint: "Give --brokers <host:port,…>, or set KAFKA_BROKERS, or kbroker.kafka.brokers in .kavak/config.yaml.",
  });
}

/** Naming an authority or a name means TLS; saying that there is none wins. */
async function tlsOf(engine: EngineSettings): Promise<KafkaTls | null> {
  const [tls, ca, name] = [
    await engine.kafka("tls"),
    await engine.kafka("tls_ca"),
    await engine.kafka("tls_server_name"),
  ];
  if (tls?.value === "false" || (tls ?? ca ?? name) === undefined) return null;
  return { ...(ca && { ca: await authorities(ca) }), ...(name && { serverName: name.value }) };
}

async function authorities({ value: file, origin }: Setting<string>): Promise<string> {
  const pem = await readSmallFile(file, origin);
  try {
    return new X509Certificate(pem) && pem;
  } catch (cause) {
    throw new KBrokerError("config_invalid", `${file} (${origin}) holds no certificate in PEM.`, {
      cause,
      hint: "Name the certificate of the authority that signed the brokers' own; it begins with -----BEGIN CERTIFICATE-----.",
    });
  }
}

interface Sasl {
  readonly sasl: KafkaSasl | null;
  readonly notes: readonly string[];
}

async function saslOf(engine: EngineSettings, env: Env): Promise<Sasl> {
  const given = {
    mechanism: await engine.kafka("sasl_mechanism"),
    username: await engine.kafka("sasl_username"),
    password: await engine.password(),
  };
  const { mechanism, username, password } = given;
  const one = mechanism ?? username ?? password;
  if (one === undefined) return { sasl: null, notes: [] };
  if (mechanism === undefined) throw missing("sasl_mechanism", "scram-sha-512", one);
  if (username === undefined) throw missing("sasl_username", "kbroker", one);
  if (password === undefined) throw missing("sasl_password_file", "<file>", one);
  const parsed = parseSaslMechanism(mechanism.value);
  if (parsed === undefined) throw missing("sasl_mechanism", "scram-sha-512", one);
  const read = () => passwordOf(password, env);
  await read();
  const { value: place } = password;
  const isOpen = place.kind === "file" && (await isOpenToOthers(place.file));
  const notes = isOpen
    ? [`Every user of this machine can read the password in ${place.file}. Next: chmod 600 ${place.file}`]
    : [];
  return { sasl: { mechanism: parsed, username: username.value, password: read }, notes };
}

function missing(key: KafkaKey, example: string, because: Setting<unknown>): KBrokerError {
  const flag = key.replaceAll("_", "-");
  const what = key.replace("_file", "").replace("sasl_", "");
  const alsoPassword = key === "sasl_password_file" ? ", or the password itself in KAFKA_PASSWORD" : "";
  return new KBrokerError("config_invalid", `SASL is asked for (${because.origin}), but its ${what} is not set.`, {
    hint: `Give --${flag} ${example}, or set ${KAFKA_VARIABLES[key]}${alsoPassword}.`,
  });
}

function inClear(): KBrokerError {
  return new KBrokerError(
    "config_invalid",
    "SASL plain without TLS would send the password over the network in clear.",
    {
      hint: "Give --tls, or --sasl-mechanism scram-sha-512 where the cluster knows it.",
    },
  );
}

function isLoopback({ host }: KafkaBroker): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

const FOREIGN: Readonly<Record<string, string>> = {
  KAFKA_CONSUMER_DLQ_TOPIC: "each subscription has its own: kbroker subscription create --dead-letter-topic",
  KAFKA_CONSUMER_MAX_RETRIES: "each subscription has its own: kbroker subscription create --retry-delays",
  KAFKA_ENABLE_MIDDLEWARE: "logs and metrics are always there",
};

/** Of a client library that has KAFKA_BROKERS as well: what it would do, the broker does elsewhere. */
function foreignNotes(env: Env): readonly string[] {
  return Object.entries(FOREIGN)
    .filter(([name]) => (env[name] ?? "") !== "")
    .map(([name, instead]) => `${name} is not used: ${instead}.`);
}
