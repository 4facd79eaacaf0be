import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadSettings, type SettingsPlace } from "../../../src/lib/config/load-settings.ts";

let home: string;
let cwd: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "kbroker-engine-"));
  cwd = path.join(home, "repo");
  mkdirSync(path.join(cwd, ".kavak"), { recursive: true });
  mkdirSync(path.join(cwd, ".git"));
  mkdirSync(path.join(home, ".config/kbroker"), { recursive: true });
});

afterEach(() => rmSync(home, { recursive: true }));

const engineOf = ({ flags = {}, env = {} }: Partial<SettingsPlace> = {}) =>
  loadSettings({ cwd, flags, env: { HOME: home, ...env }, containerDir: path.join(home, "none") }).engine;
const kavak = (text: string) => writeFileSync(path.join(cwd, ".kavak/config.yaml"), text);
const user = (text: string) => writeFileSync(path.join(home, ".config/kbroker/config.yaml"), text);

describe("the engine", () => {
  test("is embedded by default", async () => {
    expect(await engineOf().engine()).toEqual({ value: "embedded", origin: "default" });
  });

  test("is switched by one line of .kavak/config.yaml", async () => {
    kavak("kbroker:\n  engine: kafka\n");

    expect(await engineOf().engine()).toEqual({ value: "kafka", origin: ".kavak/config.yaml:2" });
  });

  test("comes from the flag before the variable, and from that before every file", async () => {
    kavak("kbroker: {engine: embedded}\n");
    const env = { KBROKER_ENGINE: "kafka" };

    expect(await engineOf({ env }).engine()).toEqual({ value: "kafka", origin: "KBROKER_ENGINE" });
    expect(await engineOf({ env, flags: { engine: "embedded" } }).engine()).toEqual({
      value: "embedded",
      origin: "--engine",
    });
  });

  test("stays embedded where only KAFKA_BROKERS is set: that is often another program's", async () => {
    expect(await engineOf({ env: { KAFKA_BROKERS: "a:9092" } }).engine()).toMatchObject({ value: "embedded" });
  });

  test("that is none is refused with those that there are", async () => {
    await expect(engineOf({ env: { KBROKER_ENGINE: "redis" } }).engine()).rejects.toMatchObject({
      code: "config_invalid",
      message: 'KBROKER_ENGINE names no engine: "redis".',
      hint: "There are: embedded, kafka.",
    });
  });
});

describe("each setting of Kafka", () => {
  test("comes from a flag, else its variable, else .kavak, else the user's file, on its own", async () => {
    user("kafka: {brokers: 'user:1', sasl_username: user, tls_server_name: user}\n");
    kavak("kbroker:\n  kafka:\n    brokers: [file-1:1, file-2:2]\n    sasl_username: file\n");
    const { kafka } = engineOf({
      env: { KAFKA_BROKERS: "variable:1", KAFKA_USERNAME: "variable" },
      flags: { kafka: { brokers: "flag:1" } },
    });

    expect(await kafka("brokers")).toEqual({ value: "flag:1", origin: "--brokers" });
    expect(await kafka("sasl_username")).toEqual({ value: "variable", origin: "KAFKA_USERNAME" });
    expect(await kafka("tls_server_name")).toMatchObject({ value: "user" });
    expect(await kafka("sasl_mechanism")).toBeUndefined();
    expect(await engineOf().kafka("brokers")).toEqual({
      value: "file-1:1,file-2:2",
      origin: ".kavak/config.yaml:3",
    });
  });

  test("that names a file in a file means it from that file on", async () => {
    kavak("kbroker: {kafka: {tls_ca: certs/ca.pem, sasl_password_file: /run/secrets/kafka}}\n");
    const { kafka, password } = engineOf();

    expect(await kafka("tls_ca")).toMatchObject({ value: ".kavak/certs/ca.pem" });
    expect(await password()).toMatchObject({ value: { kind: "file", file: "/run/secrets/kafka" } });
  });

  test.each([
    ["KAFKA_BROKERS", "brokers", "kafka://a", /^KAFKA_BROKERS cannot be used: "kafka:\/\/a" begins with a scheme/],
    ["KAFKA_TLS", "tls", "yes", /^KAFKA_TLS cannot be used: it is neither true nor false/],
    ["KAFKA_SASL_MECHANISM", "sasl_mechanism", "gssapi", /there are plain, scram-sha-256 and scram-sha-512/],
    ["KAFKA_TLS_SERVER_NAME", "tls_server_name", "a b", /it is no host name/],
  ] as const)("%s is checked", async (name, key, value, words) => {
    await expect(engineOf({ env: { [name]: value } }).kafka(key)).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringMatching(words),
      hint: expect.stringContaining(`${name}=`),
    });
  });

  test("that is an empty flag is a mistake, and an empty variable is none", async () => {
    await expect(engineOf({ flags: { kafka: { brokers: "" } } }).kafka("brokers")).rejects.toThrow(/it is empty/);
    expect(await engineOf({ env: { KAFKA_BROKERS: "" } }).kafka("brokers")).toBeUndefined();
  });
});

describe("the password's place", () => {
  test("is a flag's file before the variable, and the variable before a file that a file names", async () => {
    kavak("kbroker: {kafka: {sasl_password_file: /from/file}}\n");
    const env = { KAFKA_PASSWORD: "hunter2" };

    expect(await engineOf({ env, flags: { kafka: { sasl_password_file: "f" } } }).password()).toEqual({
      value: { kind: "file", file: "f" },
      origin: "--sasl-password-file",
    });
    expect(await engineOf({ env }).password()).toEqual({
      value: { kind: "variable", name: "KAFKA_PASSWORD" },
      origin: "KAFKA_PASSWORD",
    });
    expect(await engineOf().password()).toMatchObject({ value: { file: "/from/file" } });
  });

  test("cannot be two variables", async () => {
    const env = { KAFKA_PASSWORD: "hunter2", KAFKA_PASSWORD_FILE: "f" };

    await expect(engineOf({ env }).password()).rejects.toMatchObject({
      code: "config_invalid",
      hint: "Unset one of them.",
    });
  });
});
