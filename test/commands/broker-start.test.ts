import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run, runJson } from "./run.ts";

let dir: string;
const before = process.cwd();

beforeEach(async () => {
  dir = await realpath(await mkdtemp(path.join(tmpdir(), "kbroker-start-")));
  process.chdir(dir);
});

afterEach(async () => {
  process.chdir(before);
  await rm(dir, { recursive: true });
});

const KAFKA = ["--engine", "kafka", "--port", "0"];

test.each([
  ["an engine that there is not", ["--engine", "redis"], {}, /engine/],
  ["Kafka without a word of where it is", KAFKA, {}, /nothing says where Kafka is/],
  [
    "a data directory with Kafka",
    [...KAFKA, "--brokers", "a", "--data-dir", "d"],
    {},
    /--data-dir belongs to the embedded/,
  ],
  ["brokers without Kafka", ["--brokers", "a"], {}, /--brokers belongs to the kafka engine.*embedded \(the default\)/],
  ["brokers that are none", [...KAFKA, "--brokers", "kafka://a"], {}, /--brokers cannot be used/],
  ["a role that there is not", [...KAFKA, "--brokers", "a", "--roles", "publisher"], {}, /no role "publisher"/],
  ["a user without a mechanism", KAFKA, { KAFKA_BROKERS: "a", KAFKA_USERNAME: "kb" }, /its mechanism is not set/],
])("%s stops before anything is opened, with exit code 2", async (_what, argv, env, words) => {
  const { stdout, stderr, exit } = await run("broker start", argv, env);

  expect(stderr).toMatch(words);
  expect([stdout, exit]).toEqual(["", 2]);
});

test("no flag takes a password", async () => {
  const { stderr, exit } = await run("broker start", [...KAFKA, "--sasl-password", "hunter2"]);

  expect(stderr).toMatch(/sasl-password/);
  expect(exit).toBe(2);
});

test("a Kafka that is not there is exit code 3 after a bounded time, with what to look at", async () => {
  await writeFile("password", "hunter2");
  const sasl = ["--sasl-mechanism", "scram-sha-512", "--sasl-username", "kb", "--sasl-password-file", "password"];

  const { json, stderr, exit } = await runJson("broker start", [...KAFKA, "--brokers", "127.0.0.1:1", ...sasl]);

  expect(json).toMatchObject({
    error: {
      code: "engine_unavailable",
      exit: 3,
      message: "Kafka cannot be reached: connect ECONNREFUSED 127.0.0.1:1",
      hint: expect.stringContaining("--brokers (KAFKA_BROKERS)"),
    },
  });
  expect(exit).toBe(3);
  expect(JSON.stringify(json) + stderr).not.toContain("hunter2");
}, 60_000);
