import { readFile } from "node:fs/promises";
import { type EachMessagePayload, Kafka, logLevel } from "kafkajs";
import { expect, onTestFinished } from "vitest";
import { parseBrokers } from "../../src/lib/domain/kafka-settings.ts";
import { eventually, type Push, startBroker, startConsumer } from "../e2e/http.ts";
import { startKafka, testWithOwnKafka } from "../support/kafka.ts";

const MS_MAX = 240_000;
const TOPIC = "medication-orders";
const GROUP = "pharmacy-medication-processor";
const EVENT = "medication-order-created";
const PASSWORD = "right";

interface Order {
  readonly id: string;
  readonly correlationId: string;
  readonly medication: string;
}

const ORDERS: readonly Order[] = [
  { id: "1", correlationId: "c-1", medication: "Amoxicillin" },
  { id: "2", correlationId: "c-2", medication: "Ibuprofen" },
  { id: "3", correlationId: "c-3", medication: "Ramipril" },
  { id: "4", correlationId: "c-4", medication: "Metformin" },
];

/** Of a message, whoever got it. */
interface Seen {
  readonly key: string;
  readonly eventType: string;
  readonly correlationId: string;
  readonly order: unknown;
}

testWithOwnKafka(
  "what a kafkajs producer sends is pushed, and a kafkajs consumer reads it and what was published over HTTP",
  async () => {
    const { broker, client } = await world();
    const service = await startConsumer();
    await broker.admin("topicCreate", "", { name: TOPIC, partitions: 6 });
    await broker.admin("subscriptionCreate", "", { name: "billing", topic: TOPIC, endpoint: service.url });
    const pharmacy = await processOrders(client("pharmacy-service"));

    const sent = await publishOrders(client("prescription-service"), ORDERS);
    for (const order of ORDERS) {
      const headers = { "event-type": EVENT, "correlation-id": order.correlationId, "x-kb-key": keyOf(order) };
      expect((await broker.publish(TOPIC, JSON.stringify(order), headers)).status).toBe(200);
    }
    const pushes = await service.received(2 * ORDERS.length);
    await eventually(() => expect(pharmacy.processed.length).toBeGreaterThanOrEqual(2 * ORDERS.length));
    await pharmacy.leave();

    const each = ORDERS.flatMap((order) => [order, order]);
    expect(sent.map(({ topicName, errorCode }) => [topicName, errorCode])).toEqual(ORDERS.map(() => [TOPIC, 0]));
    expect(byKey(pushes.map(pushed))).toEqual(each.map(expected));
    expect(byKey(pharmacy.processed.map(consumed))).toEqual(each.map(expected));
    // Whoever wrote it: a key is in one partition.
    for (const [index, order] of ORDERS.entries()) {
      const of = pharmacy.processed.filter(({ message }) => String(message.key) === keyOf(order));
      expect(of.map(({ partition }) => partition)).toEqual([sent[index]?.partition, sent[index]?.partition]);
    }
    expect(new Set(sent.map(({ partition }) => partition)).size).toBeGreaterThan(1);
    expect(await broker.admin("groupDescribe", GROUP)).toMatchObject({ kind: "native", state: "Empty", lag: 0 });
    await eventually(async () => expect((await broker.admin("subscriptionLag", "billing")).lag).toBe(0));
  },
  MS_MAX,
);

/** A Kafka that lets in only who encrypts and has a password, a broker on it, and clients of kafkajs. */
async function world() {
  const { secured } = await startKafka({ users: { kbroker: PASSWORD, services: PASSWORD } });
  const brokers = [...(secured?.saslTls ?? [])];
  const ca = await readFile(secured?.caFile ?? "", "utf8");
  const sasl = { mechanism: "PLAIN", username: "kbroker", password: async () => PASSWORD } as const;
  const settings = { brokers: parseBrokers(brokers.join(",")), clientId: "kbroker", tls: { ca }, sasl };
  const broker = await startBroker({}, { storage: { engine: "kafka", settings } });
  const client = (clientId: string) =>
    new Kafka({
      ...{ clientId, brokers, ssl: { ca }, logLevel: logLevel.NOTHING },
      sasl: { mechanism: "plain", username: "services", password: PASSWORD },
    });
  return { broker, client };
}

/** The example of publishing. */
async function publishOrders(kafka: Kafka, orders: readonly Order[]) {
  const producer = kafka.producer({ allowAutoTopicCreation: false, transactionTimeout: 30_000, idempotent: true });
  await producer.connect();
  const acknowledged = [];
  for (const order of orders) {
    const headers = {
      ...{ "event-type": EVENT, "event-source": "prescription-service" },
      ...{ "correlation-id": order.correlationId, timestamp: Date.now().toString() },
    };
    const messages = [{ key: keyOf(order), value: JSON.stringify(order), headers }];
    acknowledged.push(...(await producer.send({ topic: TOPIC, messages })));
  }
  await producer.disconnect();
  return acknowledged;
}

/** The example of consuming. Resolves once it reads: what was there before is not for it. */
async function processOrders(kafka: Kafka) {
  const consumer = kafka.consumer({
    ...{ groupId: GROUP, sessionTimeout: 30_000, heartbeatInterval: 3_000, maxBytes: 5_242_880 },
  });
  onTestFinished(() => consumer.disconnect());
  const processed: EachMessagePayload[] = [];
  const reads = new Promise<void>((resolve) => void consumer.on(consumer.events.FETCH, () => resolve()));
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: false });
  await consumer.run({
    partitionsConsumedConcurrently: 3,
    eachMessage: async (payload) => {
      processed.push(payload);
      await payload.heartbeat();
    },
  });
  await reads;
  return { processed, leave: () => consumer.disconnect() };
}

function keyOf({ id }: Order): string {
  return `medication-order-${id}`;
}

function expected(order: Order): Seen {
  const { correlationId } = order;
  return { key: keyOf(order), eventType: EVENT, correlationId, order };
}

function pushed({ headers, body }: Push): Seen {
  const of = (name: string) => String(headers[name]);
  return seen(of("x-kb-key"), of, String(body));
}

function consumed({ message: { key, value, headers } }: EachMessagePayload): Seen {
  return seen(String(key), (name) => String(headers?.[name]), String(value));
}

function seen(key: string, header: (name: string) => string, body: string): Seen {
  return {
    ...{ key, eventType: header("event-type"), correlationId: header("correlation-id") },
    order: JSON.parse(body),
  };
}

function byKey(list: readonly Seen[]): readonly Seen[] {
  return list.toSorted((a, b) => a.key.localeCompare(b.key));
}
