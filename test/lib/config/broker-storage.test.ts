import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chooseStorage, type StorageFlags } from "../../../src/lib/config/broker-storage.ts";
import { loadSettings } from "../../../src/lib/config/load-settings.ts";
import type { SettingsFlags } from "../../../src/lib/config/settings-file.ts";

let dir: string;
const [authority = ""] = rootCertificates;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "kbroker-storage-"));
  await writeFile(path.join(dir, "password"), "hunter2\n", { mode: 0o600 });
  await writeFile(path.join(dir, "ca.pem"), authority);
});

afterEach(() => rm(dir, { recursive: true }));

interface Given {
  readonly kafka?: SettingsFlags["kafka"];
  readonly flags?: StorageFlags & Record<string, unknown>;
  readonly env?: Record<string, string>;
  readonly engine?: string;
}

async function choose({ kafka = {}, flags = {}, env = {}, engine = "kafka" }: Given) {
  const settings = loadSettings({ cwd: dir, flags: { engine, kafka }, env, containerDir: path.join(dir, "none") });
  return chooseStorage({ flags, env, engine: settings.engine });
}

async function chooseKafka(given: Given) {
  const { storage, node, notes } = await choose({ ...given, kafka: { brokers: "a:9092", ...given.kafka } });
  if (storage.engine !== "kafka") throw new Error("not Kafka");
  return { ...storage, node, notes };
}

const sasl = () => ({
  sasl_mechanism: "scram-sha-512",
  sasl_username: "kb",
  sasl_password_file: path.join(dir, "password"),
});

describe("with the kafka engine", () => {
  test("brokers alone are enough", async () => {
    const { settings, node } = await chooseKafka({ kafka: { brokers: "a:9092,b" } });

    expect(settings).toEqual({
      brokers: [
        { host: "a", port: 9092 },
        { host: "b", port: 9092 },
      ],
      clientId: "kbroker",
      tls: null,
      sasl: null,
    });
    expect(node).toEqual({});
  });

  test("names in Kafka begin with nothing, or with the prefix that was set", async () => {
    expect((await chooseKafka({})).prefix).toBe("");
    expect((await chooseKafka({ env: { KAFKA_PREFIX: "shop-" } })).prefix).toBe("shop-");
    expect((await chooseKafka({ kafka: { prefix: "eu-" }, env: { KAFKA_PREFIX: "shop-" } })).prefix).toBe("eu-");
    await expect(chooseKafka({ kafka: { prefix: "a b" } })).rejects.toMatchObject({
      code: "config_invalid",
      message: "--prefix cannot be used: it is not at most 40 letters, digits, ., _ and -.",
    });
    await expect(chooseKafka({ kafka: { prefix: "x".repeat(41) } })).rejects.toMatchObject({ code: "config_invalid" });
  });

  test("no brokers are a mistake that says what switched to kafka and where to name them", async () => {
    await expect(choose({})).rejects.toMatchObject({
      code: "config_invalid",
      message: "The engine is kafka (--engine), and nothing says where Kafka is.",
      hint: expect.stringContaining("KAFKA_BROKERS"),
    });
  });

  test("an authority or a server name means TLS", async () => {
    const ca = path.join(dir, "ca.pem");

    expect((await chooseKafka({ kafka: { tls: "true" } })).settings.tls).toEqual({});
    expect((await chooseKafka({ kafka: { tls_ca: ca } })).settings.tls).toEqual({ ca: authority });
    expect((await chooseKafka({ kafka: { tls_server_name: "k" } })).settings.tls).toEqual({ serverName: "k" });
    expect((await chooseKafka({ kafka: { tls: "false" }, env: { KAFKA_TLS_CA: ca } })).settings.tls).toBeNull();
  });

  test.each([
    ["that is not there", "none.pem", /none\.pem \(--tls-ca\) cannot be read: ENOENT/],
    ["that is a directory", ".", /\(--tls-ca\) cannot be read: it is no file/],
    ["that holds something else", "password", /\(--tls-ca\) holds no certificate in PEM/],
  ])("a file of an authority %s is refused at the start", async (_what, name, words) => {
    await expect(chooseKafka({ kafka: { tls_ca: path.join(dir, name) } })).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringMatching(words),
    });
  });

  test("the password is read anew each time, without its line end", async () => {
    const { settings, notes } = await chooseKafka({ kafka: sasl() });

    expect(settings.sasl).toMatchObject({ mechanism: "SCRAM-SHA-512", username: "kb" });
    expect(await settings.sasl?.password()).toBe("hunter2");
    await writeFile(path.join(dir, "password"), "changed");
    expect(await settings.sasl?.password()).toBe("changed");
    expect(notes).toEqual([]);
  });

  test("a password file that everybody can read is said", async () => {
    await chmod(path.join(dir, "password"), 0o644);

    expect((await chooseKafka({ kafka: sasl() })).notes).toEqual([
      expect.stringMatching(/Next: chmod 600 .*password$/),
    ]);
  });

  test.each([
    [
      "no mechanism",
      { sasl_mechanism: undefined },
      /SASL is asked for \(--sasl-username\), but its mechanism is not set/,
    ],
    ["no user", { sasl_username: undefined }, /SASL is asked for .* but its username is not set/],
    ["no password", { sasl_password_file: undefined }, /SASL is asked for .* but its password is not set/],
    [
      "a password file that is not there",
      { sasl_password_file: "/none" },
      /\/none \(--sasl-password-file\) cannot be read/,
    ],
    ["an empty password file", { sasl_password_file: "/dev/null" }, /it is no file/],
  ])("SASL with %s is refused at the start", async (_what, change, words) => {
    await expect(chooseKafka({ kafka: { ...sasl(), ...change } })).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringMatching(words),
      hint: expect.stringMatching(/./),
    });
  });

  test("a password is never sent in clear over a network", async () => {
    const plain = { ...sasl(), sasl_mechanism: "plain" };

    await expect(chooseKafka({ kafka: plain })).rejects.toMatchObject({ hint: expect.stringContaining("--tls") });
    await expect(chooseKafka({ kafka: { ...plain, brokers: "localhost,127.evil.example" } })).rejects.toThrow(
      /in clear/,
    );
    expect((await chooseKafka({ kafka: { ...plain, tls: "true" } })).settings.sasl).toMatchObject({
      mechanism: "PLAIN",
    });
    expect((await chooseKafka({ kafka: { ...plain, brokers: "127.0.0.1,localhost,[::1]" } })).settings.tls).toBeNull();
  });

  test("what a client library would take from its variables is said not to be used here", async () => {
    const env = { KAFKA_CONSUMER_DLQ_TOPIC: "dlq", KAFKA_CONSUMER_MAX_RETRIES: "3", KAFKA_ENABLE_MIDDLEWARE: "true" };

    const { notes } = await chooseKafka({ env });

    expect(notes.map((note) => note.split(":")[0])).toEqual([
      "KAFKA_CONSUMER_DLQ_TOPIC is not used",
      "KAFKA_CONSUMER_MAX_RETRIES is not used",
      "KAFKA_ENABLE_MIDDLEWARE is not used",
    ]);
  });
});

describe("this node", () => {
  test("comes from flags, else from variables", async () => {
    const env = { KBROKER_NODE_ID: "variable", KBROKER_ADVERTISE: "http://v:1/", KBROKER_ROLES: "admin, inbox" };

    const { node } = await chooseKafka({ env, flags: { "node-id": "flag" } });

    expect(node).toEqual({ id: "flag", advertise: "http://v:1", roles: ["inbox", "admin"] });
  });

  test.each([
    [{ "node-id": "a b" }, /^--node-id cannot be used/],
    [{ advertise: "10.0.0.7:7070" }, /^--advertise cannot be used: it is no/],
    [{ roles: "inbox,outbx" }, /^--roles cannot be used: there is no role "outbx"/],
    [{ roles: "" }, /^--roles cannot be used: there is no role ""/],
  ])("%j is refused", async (flags, words) => {
    await expect(chooseKafka({ flags })).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringMatching(words),
    });
  });
});

describe("flags of the other engine are refused rather than ignored", () => {
  test.each([
    ["kafka", { "data-dir": "d" }, "--data-dir belongs to the embedded engine; this broker runs on kafka (--engine)."],
    [
      "kafka",
      { "accept-loss": true },
      "--accept-loss belongs to the embedded engine; this broker runs on kafka (--engine).",
    ],
    ["embedded", { brokers: "a" }, "--brokers belongs to the kafka engine; this broker runs on embedded (--engine)."],
    ["embedded", { tls: false }, "--tls belongs to the kafka engine; this broker runs on embedded (--engine)."],
    ["embedded", { roles: "inbox" }, "--roles belongs to the kafka engine; this broker runs on embedded (--engine)."],
  ])("%s: %j", async (engine, flags, message) => {
    await expect(choose({ engine, flags, kafka: { brokers: "a" } })).rejects.toMatchObject({ code: "usage", message });
  });

  test("and what is not given is no flag of another engine", async () => {
    const flags = { "accept-loss": false, "data-dir": path.join(dir, "data"), brokers: undefined };

    expect(await choose({ engine: "embedded", flags })).toEqual({
      storage: { engine: "embedded", dataDir: path.join(dir, "data"), acceptLoss: false },
      node: {},
      notes: [],
    });
  });
});
