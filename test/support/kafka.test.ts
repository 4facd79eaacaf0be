import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { Admin, type BaseOptions, Producer } from "@platformatic/kafka";
import { expect, onTestFinished } from "vitest";
import { type Cluster, kafkaForTests, kafkaTool, startKafka, testWithKafka, testWithOwnKafka } from "./kafka.ts";

const MS_MAX = 120_000;

testWithKafka("the Kafka of the run answers, and every test file is told the same one", async () => {
  const bootstrap = await kafkaForTests();

  const { brokers } = await adminOf({ bootstrapBrokers: [...bootstrap] }).metadata({ topics: [] });

  expect([...brokers.values()].map(({ host, port }) => `${host}:${port}`)).toEqual(bootstrap);
  expect(await kafkaForTests()).toEqual(bootstrap);
});

testWithOwnKafka(
  "a node that is killed and started again is where it was, with what it had acknowledged",
  async () => {
    const cluster = await startKafka({ settings: { "offset.metadata.max.bytes": "1234" } });
    await createTopic(cluster, "notes");
    await produce(cluster, { topic: "notes", value: "kept" });

    await cluster.nodes[0]?.kill9();
    await expect(reach(cluster.bootstrap[0])).rejects.toThrow("ECONNREFUSED");
    await cluster.start();
    await reach(cluster.bootstrap[0]);

    expect(await firstOf(cluster, "notes")).toBe("kept");
    expect(readFileSync(`${cluster.nodes[0]?.dir}/server.properties`, "utf8")).toContain("bytes=1234");
  },
  MS_MAX,
);

testWithOwnKafka(
  "of three nodes one can be killed, frozen or stopped: the others go on without it until it is back",
  async () => {
    const cluster = await startKafka({ nodes: 3 });
    const [first, second, third] = cluster.nodes;

    await first?.kill9();
    await serving(cluster, [2, 3]);
    await cluster.start();
    await serving(cluster, [1, 2, 3]);
    await second?.freeze();
    await serving(cluster, [1, 3]);
    await second?.thaw();
    await serving(cluster, [1, 2, 3]);
    await third?.stop();
    await serving(cluster, [1, 2]);

    expect(await Promise.all(cluster.nodes.map((node) => node.isRunning()))).toEqual([true, true, false]);
  },
  MS_MAX,
);

testWithOwnKafka(
  "users are let in with their password by each mechanism, over TLS where asked, and others are not",
  async () => {
    const { secured } = await startKafka({ users: { ada: "right" } });
    const tls = { ca: readFileSync(secured?.caFile ?? "") };
    const sasl = (mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512", password: string) => ({
      sasl: { mechanism, username: "ada", password },
    });
    const overTls = { bootstrapBrokers: [...(secured?.tls ?? [])] };
    const overSasl = { bootstrapBrokers: [...(secured?.sasl ?? [])] };
    const overBoth = { bootstrapBrokers: [...(secured?.saslTls ?? [])] };

    expect(await nodeIds({ ...overTls, tls })).toEqual([1]);
    expect(await nodeIds({ ...overSasl, ...sasl("PLAIN", "right") })).toEqual([1]);
    expect(await nodeIds({ ...overSasl, ...sasl("SCRAM-SHA-256", "right") })).toEqual([1]);
    expect(await nodeIds({ ...overBoth, tls, ...sasl("SCRAM-SHA-512", "right") })).toEqual([1]);
    await expect(nodeIds({ ...overTls, tls: {} })).rejects.toThrow();
    await expect(nodeIds({ ...overSasl, ...sasl("SCRAM-SHA-256", "wrong") })).rejects.toThrow();
    await expect(nodeIds({ ...overBoth, tls, ...sasl("PLAIN", "wrong") })).rejects.toThrow();
  },
  MS_MAX,
);

testWithOwnKafka(
  "nothing of it is left once it is closed, nor once the process that started it is killed",
  async () => {
    const cluster = await startKafka();
    const owner = await ownedByAnother();

    await cluster.close();
    owner.process.kill("SIGKILL");
    await expect.poll(() => existsSync(owner.dir), { timeout: MS_MAX }).toBe(false);

    expect(existsSync(cluster.dir)).toBe(false);
    await expect(reach(cluster.bootstrap[0])).rejects.toThrow("ECONNREFUSED");
    await expect(reach(owner.bootstrap)).rejects.toThrow("ECONNREFUSED");
  },
  MS_MAX,
);

type Options = Pick<BaseOptions, "bootstrapBrokers" | "sasl" | "tls">;

function adminOf(options: Options): Admin {
  const admin = new Admin({ ...options, clientId: "kafka-test", retries: 40, retryDelay: 250, requestTimeout: 5_000 });
  onTestFinished(() => admin.close());
  return admin;
}

/** Waits until the cluster says so, asked at a node that is to be among them. */
async function serving({ bootstrap }: Cluster, ids: readonly number[]): Promise<void> {
  const bootstrapBrokers = bootstrap.filter((_, index) => index + 1 === ids[0]);
  await expect
    .poll(() => nodeIds({ bootstrapBrokers }).catch(String), { timeout: MS_MAX, interval: 250 })
    .toEqual([...ids]);
}

async function nodeIds(options: Options): Promise<readonly number[]> {
  const admin = new Admin({ ...options, clientId: "kafka-test", retries: 2, retryDelay: 50, requestTimeout: 5_000 });
  try {
    return [...(await admin.metadata({ topics: [] })).brokers.keys()].sort();
  } finally {
    await admin.close();
  }
}

async function createTopic({ bootstrap }: Cluster, topic: string): Promise<void> {
  await adminOf({ bootstrapBrokers: [...bootstrap] }).createTopics({ topics: [topic], partitions: 1, replicas: -1 });
}

async function produce({ bootstrap }: Cluster, { topic, value }: { topic: string; value: string }): Promise<void> {
  const producer = new Producer({
    clientId: "kafka-test",
    bootstrapBrokers: [...bootstrap],
    retries: 40,
    retryDelay: 250,
    requestTimeout: 5_000,
    idempotent: true,
  });
  try {
    await producer.send({ messages: [{ topic, partition: 0, value: Buffer.from(value) }] });
  } finally {
    await producer.close();
  }
}

/** As Kafka's own consumer reads it. */
async function firstOf({ bootstrap }: Cluster, topic: string): Promise<string> {
  const from = [
    "--bootstrap-server",
    bootstrap.join(","),
    "--topic",
    topic,
    "--partition",
    "0",
    "--offset",
    "earliest",
    "--max-messages",
    "1",
  ];
  const text = await kafkaTool("org.apache.kafka.tools.consumer.ConsoleConsumer", from);
  return text.trimEnd();
}

async function reach(server = ""): Promise<void> {
  const [host, port] = server.split(":");
  const socket = connect(Number(port), host);
  await once(socket, "connect");
  socket.destroy();
}

interface Owned {
  readonly process: ChildProcess;
  readonly dir: string;
  readonly bootstrap: string;
}

/** A cluster of another process, which is told to start it and then waits. */
async function ownedByAnother(): Promise<Owned> {
  const [program, watched] = ["program", "watched"].map((name) => new URL(`kafka/${name}.ts`, import.meta.url).href);
  const script = `
    const { kafkaProgram } = await import("${program}");
    const { openKafka } = await import("${watched}");
    const { dir, bootstrap } = await openKafka({ program: await kafkaProgram() });
    process.stdout.write(dir + " " + bootstrap[0]);
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const [said] = await once(child.stdout, "data");
  const [dir = "", bootstrap = ""] = String(said).split(" ");
  return { process: child, dir, bootstrap };
}
