import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Connection,
  createTopicsV7,
  initProducerIdV4,
  metadataV12,
  ProtocolError,
  produceV11,
} from "@platformatic/kafka";
import { expect, onTestFinished, vi } from "vitest";
import { CODES } from "../../src/lib/domain/error.ts";
import { type KafkaSettings, parseBrokers, type SaslMechanism } from "../../src/lib/domain/kafka-settings.ts";
import { kafkaFailure } from "../../src/lib/engine/kafka/wire/failure.ts";
import { ledTopic } from "../../src/lib/engine/kafka/wire/topics.ts";
import { openWire, type Target, type Wire } from "../../src/lib/engine/kafka/wire/wire.ts";
import { systemClock } from "../../src/lib/system-clock.ts";
import { startKafka, testWithOwnKafka } from "../support/kafka.ts";

const MS_MAX = 180_000;

type Act = () => Promise<unknown>;
/** What is done, and what whoever asked is told: our code, the exit code, words of the message, words of the hint. */
type Row = readonly [act: Act, code: keyof typeof CODES, exit: number, message: RegExp, hint: RegExp];

/** Each row at once, so that a list of all that differ is seen. */
async function check(rows: readonly Row[]): Promise<void> {
  for (const [act, code, exit, message, hint] of rows) {
    const failure = kafkaFailure(
      await act().then(
        () => new Error(`Nothing failed: ${message}`),
        (error: unknown) => error,
      ),
    );
    const said = { code: failure.code, exit: CODES[failure.code].exit, message: failure.message, hint: failure.hint };
    expect.soft(said).toEqual({
      code,
      exit,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  }
}

function wireTo(brokers: readonly string[], more: Partial<KafkaSettings> = {}): Wire {
  const settings = { brokers: parseBrokers(brokers.join(",")), clientId: "kbroker", tls: null, sasl: null, ...more };
  const wire = openWire({ settings, clock: systemClock });
  onTestFinished(() => wire.close());
  return wire;
}

const ONCE = { deadlineMs: 0 };

testWithOwnKafka(
  "each of Kafka's ten common errors has its code, its exit code and a next step",
  async () => {
    const cluster = await startKafka({
      nodes: 3,
      users: { limited: "secret" },
      settings: {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
      },
    });
    const wire = wireTo(cluster.bootstrap);
    const sasl = { mechanism: "SCRAM-SHA-256", username: "limited", password: async () => "secret" } as const;
    const limited = wireTo(cluster.secured?.sasl ?? [], { sasl });
    await createTopic(wire, { name: "led-by-1", brokers: [1] });
    await createTopic(wire, { name: "led-by-2", brokers: [2] });
    await createTopic(wire, { name: "on-two", brokers: [1, 2], inSyncMin: 2 });
    const call = (to: Target, act: (connection: Connection) => Promise<unknown>) => wire.call(to, act, ONCE);

    await check([
      [
        () => call({ any: true }, (each) => produce(each, { topic: "none" })),
        "engine_failed",
        1,
        /^Kafka: UNKNOWN_TOPIC_OR_PARTITION/,
        /removed it with Kafka's own tools/,
      ],
      [
        () => call({ node: 3 }, (each) => produce(each, { topic: "led-by-1" })),
        "engine_unavailable",
        3,
        /^Kafka: NOT_LEADER_OR_FOLLOWER/,
        /try again/,
      ],
      [
        () => call({ node: 1 }, (each) => produce(each, { topic: "led-by-1", acks: 2 })),
        "engine_failed",
        1,
        /^Kafka: INVALID_REQUIRED_ACKS/,
        /proxy/,
      ],
      [
        () => limited.topic("led-by-1"),
        "engine_denied",
        4,
        /^Kafka: TOPIC_AUTHORIZATION_FAILED for topic "led-by-1"\./,
        /rights on topics that docs\/kafka\.md lists/,
      ],
      [
        () => limited.call({ coordinator: "billing" }, async () => undefined),
        "engine_denied",
        4,
        /^Kafka: GROUP_AUTHORIZATION_FAILED for group "billing"\./,
        /rights on groups/,
      ],
      [
        () => limited.call({ any: true }, (each) => initProducerIdV4.api.async(each, null, 1_000, -1n, -1)),
        "engine_denied",
        4,
        /^Kafka: CLUSTER_AUTHORIZATION_FAILED/,
        /rights on the cluster/,
      ],
    ]);

    await cluster.nodes[1]?.freeze();
    await check([
      [
        () => call({ node: 1 }, (each) => produce(each, { topic: "on-two", waitMs: 100 })),
        "engine_unavailable",
        3,
        /^Kafka: REQUEST_TIMED_OUT/,
        /with an id of its own/,
      ],
    ]);
    await vi.waitFor(async () => expect(await leaderOf(wire, "led-by-2")).toBe(-1), { timeout: 60_000, interval: 100 });
    await check([
      [
        () => call({ leader: { topic: "on-two", partition: 0 } }, (each) => produce(each, { topic: "on-two" })),
        "engine_unavailable",
        3,
        /^Kafka: NOT_ENOUGH_REPLICAS for topic "on-two"\./,
        /Nothing was written\. Start the Kafka brokers that are down/,
      ],
      [
        () => call({ leader: { topic: "led-by-2", partition: 0 } }, async () => undefined),
        "engine_unavailable",
        3,
        /^Kafka: LEADER_NOT_AVAILABLE for topic "led-by-2"\./,
        /--unavailable-partitions/,
      ],
      [
        // Kafka 4 waits where it said this before: no cluster of it can be brought to it at will.
        () => Promise.reject(new ProtocolError(20, null)),
        "engine_unavailable",
        3,
        /^Kafka: NOT_ENOUGH_REPLICAS_AFTER_APPEND/,
        /fewer replicas than have to have it/,
      ],
    ]);
  },
  MS_MAX,
);

testWithOwnKafka(
  "whatever keeps the broker from Kafka is said with the setting that mends it, and no password",
  async () => {
    const cluster = await startKafka({ users: { kb: "right" } });
    const { tls, sasl, saslTls, caFile } = cluster.secured ?? { tls: [], sasl: [], saslTls: [], caFile: "" };
    const ca = await readFile(caFile, "utf8");
    const user = (mechanism: SaslMechanism, password: string) => ({
      sasl: { mechanism, username: "kb", password: async () => password },
    });
    const ask = (brokers: readonly string[], more: Partial<KafkaSettings> = {}) => {
      const wire = wireTo(brokers, more);
      return () => wire.call({ any: true }, (each) => metadataV12.api.async(each, [], false, false), ONCE);
    };

    await check([
      [
        ask(["127.0.0.1:1"]),
        "engine_unavailable",
        3,
        /^Kafka cannot be reached: .*ECONNREFUSED 127.0.0.1:1$/,
        /--brokers/,
      ],
      [ask(["none.invalid"]), "engine_unavailable", 3, /^Kafka cannot be reached: .*none.invalid/, /--brokers/],
      [ask([await webServer()]), "engine_unavailable", 3, /^What listens there closed the connection/, /not be Kafka/],
      [ask(tls), "engine_unavailable", 3, /^What listens there closed the connection/, /may expect TLS/],
      [ask(sasl), "engine_unavailable", 3, /^What listens there closed the connection/, /a user \(--sasl-mechanism\)/],
      [ask(cluster.bootstrap, { tls: { ca } }), "engine_unavailable", 3, /does not speak TLS/, /leave out --tls/],
      [ask(tls, { tls: {} }), "engine_denied", 4, /certificate .* not trusted: self-signed certificate/, /--tls-ca/],
      [
        ask(tls, { tls: { ca, serverName: "other.example" } }),
        "engine_denied",
        4,
        /certificate .* not trusted: .*other\.example/,
        /--tls-server-name/,
      ],
      [
        ask(cluster.bootstrap, user("PLAIN", "right")),
        "engine_denied",
        4,
        /^Kafka: ILLEGAL_SASL_STATE/,
        /asks nobody who they are/,
      ],
      ...(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const).map(
        (mechanism): Row => [
          ask(sasl, user(mechanism, "wr0ng")),
          "engine_denied",
          4,
          /^Kafka: SASL_AUTHENTICATION_FAILED\. (?!.*wr0ng)/,
          /--sasl-username and the password/,
        ],
      ),
      [
        ask(saslTls, { tls: { ca }, ...user("SCRAM-SHA-512", "wr0ng") }),
        "engine_denied",
        4,
        /^Kafka: SASL_AUTHENTICATION_FAILED/,
        /password/,
      ],
    ]);
    await expect(ask(saslTls, { tls: { ca }, ...user("SCRAM-SHA-512", "right") })()).resolves.toBeDefined();
  },
  MS_MAX,
);

interface Produce {
  readonly topic: string;
  readonly acks?: number;
  readonly waitMs?: number;
}

function produce(connection: Connection, { topic, acks = -1, waitMs = 5_000 }: Produce): Promise<unknown> {
  const record = { topic, partition: 0, value: Buffer.from("1"), timestamp: 0n };
  return produceV11.api.async(connection, acks, waitMs, [record]);
}

interface NewTopic {
  readonly name: string;
  readonly brokers: readonly number[];
  readonly inSyncMin?: number;
}

async function createTopic(wire: Wire, { name, brokers, inSyncMin = 1 }: NewTopic): Promise<void> {
  const topic = {
    name,
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [...brokers] }],
    configs: [{ name: "min.insync.replicas", value: String(inSyncMin) }],
  };
  await wire.call({ any: true }, (each) => createTopicsV7.api.async(each, [topic], 10_000, false));
  // Another broker may not have heard of it yet, and its leader takes it up a little later than it is named.
  await ledTopic(wire, name);
  await wire.call({ leader: { topic: name, partition: 0 } }, (each) => produce(each, { topic: name, acks: 1 }));
}

async function leaderOf(wire: Wire, topic: string): Promise<number | undefined> {
  wire.forgetTopic(topic);
  return (await wire.topic(topic))?.leaders[0];
}

/** Something that is no Kafka. */
async function webServer(): Promise<string> {
  const server = createServer((_request, response) => response.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address() as AddressInfo;
  return `127.0.0.1:${address.port}`;
}
