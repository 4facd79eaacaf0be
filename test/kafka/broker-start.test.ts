import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import { parseBrokers } from "../../src/lib/domain/kafka-settings.ts";
import { openBroker } from "../../src/lib/open-broker.ts";
import { run } from "../commands/run.ts";
import { startKafka, testWithOwnKafka } from "../support/kafka.ts";

const MS_MAX = 120_000;

testWithOwnKafka(
  "a broker on Kafka over TLS and with a password publishes, says where it is, and closes",
  async () => {
    const { secured } = await startKafka({ users: { kb: "right" } });
    const log: string[] = [];

    const broker = await openBroker({
      version: "0.0.0",
      listen: { host: "127.0.0.1", port: 0, insecure: false },
      allowedHosts: [],
      storage: {
        engine: "kafka",
        settings: {
          brokers: parseBrokers(String(secured?.saslTls)),
          clientId: "kbroker",
          tls: { ca: await readFile(secured?.caFile ?? "", "utf8") },
          sasl: { mechanism: "SCRAM-SHA-512", username: "kb", password: async () => "right" },
        },
      },
      node: { id: "one", advertise: "http://node-one:7070" },
      log: { write: (line) => log.push(line), human: false },
      onFatal: (error) => {
        throw error;
      },
    });
    onTestFinished(() => broker.close());
    const post = (to: string, body: unknown) =>
      fetch(`${broker.url}${to}`, { method: "POST", body: JSON.stringify(body) });
    const created = await post("/admin/v1/topics", { name: "orders" });
    const published = await post("/publish/orders", { orderId: 1 });

    expect([created.status, published.status]).toEqual([201, 200]);
    expect(broker.place).toEqual({
      engine: "kafka",
      brokers: String(secured?.saslTls),
      prefix: "",
      node: "one",
      advertised: "http://node-one:7070",
    });
    expect(log.find((line) => line.includes('"Ready."'))).toContain('"engine":"kafka"');
    await broker.close();
    expect(log.join("")).not.toContain("right");
  },
  MS_MAX,
);

testWithOwnKafka(
  "a password that Kafka refuses is exit code 4, and is printed nowhere",
  async () => {
    const { dir, secured } = await startKafka({ users: { kb: "right" } });
    const file = path.join(dir, "password");
    await writeFile(file, "wr0ng\n", { mode: 0o600 });
    const kafka = ["--engine", "kafka", "--brokers", String(secured?.saslTls), "--tls-ca", String(secured?.caFile)];
    const sasl = ["--sasl-mechanism", "scram-sha-256", "--sasl-username", "kb", "--sasl-password-file", file];

    const { stdout, stderr, exit } = await run("broker start", ["--port", "0", ...kafka, ...sasl]);

    expect(stderr).toContain("Kafka: SASL_AUTHENTICATION_FAILED");
    expect(stderr).toContain("--sasl-username");
    expect(stderr).not.toContain("wr0ng");
    expect([stdout, exit]).toEqual(["", 4]);
  },
  MS_MAX,
);
