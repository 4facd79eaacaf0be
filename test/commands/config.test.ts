import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { validateReport } from "../../src/lib/config/report.ts";
import { settingsReport } from "../../src/lib/config/show.ts";
import { newTopic, subscription } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { answer, stubBroker } from "./stub-broker.ts";

let repo: string;
const before = process.cwd();

beforeEach(async () => {
  repo = await realpath(await mkdtemp(path.join(tmpdir(), "kbroker-config-")));
  await mkdir(path.join(repo, ".git"));
  process.chdir(repo);
});

afterEach(async () => {
  process.chdir(before);
  await rm(repo, { recursive: true });
});

async function kavak(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(repo, ".kavak", name)), { recursive: true });
    await writeFile(path.join(repo, ".kavak", name), text);
  }
}

const BROKEN = { "config.yaml": "auth:\n  enabled: yes\nkbroker:\n  enviroment: dev\n" };
const OFFERS = "version: v1\navailable_scopes: [event-receive]\nallowed_clients: {kbroker-outbox: [event-receive]}\n";
const ASKS = "client_id: shop\nscopes: [kbroker-inbox.event-publish]\naudiences: [kbroker-inbox]\n";

describe("config validate", () => {
  test("prints each problem with its place and its fix, and exits with 2", async () => {
    await kavak(BROKEN);

    const { stdout, exit } = await run("config validate", []);

    expect(stdout).toMatchInlineSnapshot(`
      ".kavak/config.yaml:2:12  error  auth.enabled: Expected true or false, found the text "yes".
          Write enabled: true or enabled: false; yes, no, on, off and quoted words are texts in YAML 1.2.
      .kavak/config.yaml:4:3  error  kbroker.enviroment: Expected environment, environments, engine, kafka; found the key "enviroment", which looks like environment.
          Write environment instead of "enviroment".
      Not valid: 1 file, 2 errors, 0 warnings.
      "
    `);
    expect(exit).toBe(2);
  });

  test("--json is one document with file, line, column, path, severity, message and fix", async () => {
    await kavak({ ...BROKEN, "auth/auth.development.yaml": OFFERS });

    const { json, exit } = await runJson("config validate", []);

    const report = validateReport.parse(json);
    expect(report).toMatchObject({ valid: false, files: [".kavak/config.yaml", ".kavak/auth/auth.development.yaml"] });
    expect(report.problems).toMatchObject([
      { line: 2, column: 12 },
      { line: 4, column: 3, path: "kbroker.enviroment" },
    ]);
    expect(exit).toBe(2);
  });

  test("says that valid files are valid, and warnings do not change the exit code", async () => {
    await kavak({ "config.yaml": "kbrokr: {}\n" });

    const { stdout, exit } = await run("config validate", []);

    expect(stdout).toContain(".kavak/config.yaml:1:1  warning  ");
    expect(stdout).toContain("Valid: 1 file, 0 errors, 1 warning.");
    expect(exit).toBe(0);
  });

  test("without .kavak gives a notice, not an error", async () => {
    const people = await run("config validate", []);
    const { json } = await runJson("config validate", []);

    expect(people).toMatchObject({ stdout: "", exit: 0 });
    expect(people.stderr).toContain(`No .kavak between here and ${repo}`);
    expect(validateReport.parse(json)).toEqual({ valid: true, files: [], problems: [] });
  });
});

describe("a command that changes something", () => {
  const CHANGING: [string, string[]][] = [
    ["topic create", ["orders"]],
    ["schema create", ["orders", "--file", "schema.json"]],
    ["subscription create", ["billing", "--topic", "orders", "--endpoint", "http://127.0.0.1:9/"]],
    ["subscription pause", ["billing"]],
    ["subscription resume", ["billing"]],
    ["message publish", ["orders", "--data", "1"]],
  ];

  test.each(CHANGING)("sends no request while .kavak has an error: %s", async (name, argv) => {
    await kavak(BROKEN);
    await writeFile("schema.json", "{}");
    const { env, received } = await stubBroker();

    const { json, exit } = await runJson(name, argv, env);

    expect(json).toMatchObject({
      error: {
        code: "config_invalid",
        exit: 2,
        problems: [
          { file: ".kavak/config.yaml", line: 2, column: 12, path: "auth.enabled", fix: expect.any(String) },
          { file: ".kavak/config.yaml", line: 4, column: 3 },
        ],
      },
    });
    expect(exit).toBe(2);
    expect(received).toEqual([]);
  });

  test("shows people every problem with its place and its fix", async () => {
    await kavak(BROKEN);

    const { stdout, stderr } = await run("topic create", ["orders"]);

    expect(stdout).toBe("");
    expect(stderr).toMatchInlineSnapshot(`
      "Error: 2 problems in .kavak/config.yaml. No request was sent.
        .kavak/config.yaml:2:12  auth.enabled: Expected true or false, found the text "yes".
          Write enabled: true or enabled: false; yes, no, on, off and quoted words are texts in YAML 1.2.
        .kavak/config.yaml:4:3  kbroker.enviroment: Expected environment, environments, engine, kafka; found the key "enviroment", which looks like environment.
          Write environment instead of "enviroment".
      Try: kbroker config validate
      "
    `);
  });

  test("goes on when there are only warnings", async () => {
    await kavak({ "config.yaml": "kbrokr: {}\n" });
    const { env } = await stubBroker({ "POST /admin/v1/topics": answer(201, newTopic()) });

    expect((await run("topic create", ["orders"], env)).exit).toBe(0);
  });

  test("a command that only looks goes on beside a fault that it does not need", async () => {
    await kavak({ "config.yaml": "auth: {enabled: yes}\n" });
    const { env, received } = await stubBroker({ "GET /admin/v1/topics": { items: [] } });

    expect((await run("topic list", [], env)).exit).toBe(0);
    expect(received).toHaveLength(1);
  });
});

describe("with auth.enabled", () => {
  const AUTH = { "config.yaml": "auth: {enabled: true}\n" };
  const create = ["billing", "--topic", "orders", "--endpoint", "http://127.0.0.1:9/"];

  test("subscription create needs the face that offers", async () => {
    await kavak({ ...AUTH, "auth/auth.development.yaml": ASKS });
    const { env, received } = await stubBroker();

    const { json, exit } = await runJson("subscription create", create, env);

    expect(json).toMatchObject({ error: { problems: [{ file: ".kavak/auth/auth.development.yaml" }] } });
    expect([exit, received]).toEqual([2, []]);
  });

  test("message publish needs the face that asks", async () => {
    await kavak({ ...AUTH, "auth/auth.development.yaml": OFFERS });
    const { env, received } = await stubBroker();

    const { exit } = await run("message publish", ["orders", "--data", "1"], env);

    expect([exit, received]).toEqual([2, []]);
  });

  test("both go on where the chosen environment's file has the face", async () => {
    await kavak({ ...AUTH, "auth/auth.development.yaml": OFFERS, "auth/auth.production.yaml": ASKS });
    const { env } = await stubBroker({
      "POST /admin/v1/subscriptions": answer(201, subscription()),
      "POST /publish/orders": { id: "a", topic: "orders", publishTime: "2026-01-31T08:00:00.000Z", duplicate: false },
    });

    const created = await run("subscription create", create, { ...env, KAVAK_ENVIRONMENT: "development" });
    const published = await run("message publish", ["orders", "--data", "1"], {
      ...env,
      KAVAK_ENVIRONMENT: "production",
    });
    const refused = await run("message publish", ["orders", "--data", "1"], {
      ...env,
      KAVAK_ENVIRONMENT: "development",
    });

    expect([created.exit, published.exit, refused.exit]).toEqual([0, 0, 2]);
  });

  test("other commands need no face", async () => {
    await kavak(AUTH);
    const { env } = await stubBroker({ "POST /admin/v1/topics": answer(201, newTopic()) });

    expect((await run("topic create", ["orders"], env)).exit).toBe(0);
  });
});

describe("config show", () => {
  test("--origin says what set each value, and never the token", async () => {
    await kavak({ "config.yaml": "kbroker:\n  environment: dev\n  environments:\n    dev: {protected: true}\n" });
    const env = { KBROKER_ADMIN_URL: "http://127.0.0.1:7171", KBROKER_TOKEN: "s3cret" };

    const { stdout, stderr, exit } = await run("config show", ["--origin"], env);

    expect(stdout).toMatchInlineSnapshot(`
      "SETTING      VALUE                  ORIGIN
      environment  dev                    .kavak/config.yaml:2
      admin        http://127.0.0.1:7171  KBROKER_ADMIN_URL
      inbox        http://127.0.0.1:7171  KBROKER_ADMIN_URL
      protected    true                   .kavak/config.yaml:4
      token        set                    KBROKER_TOKEN
      engine       embedded               default
      "
    `);
    expect([stderr, exit]).toEqual(["", 0]);
  });

  test("--json has every value with its origin", async () => {
    const { json } = await runJson("config show", []);

    expect(settingsReport.parse(json).items).toEqual([
      { name: "environment", value: null, origin: null, problem: null },
      { name: "admin", value: "http://127.0.0.1:7070", origin: "default", problem: null },
      { name: "inbox", value: "http://127.0.0.1:7070", origin: "default", problem: null },
      { name: "protected", value: false, origin: "default", problem: null },
      { name: "token", value: null, origin: null, problem: null },
      { name: "engine", value: "embedded", origin: "default", problem: null },
    ]);
  });

  test("shows how Kafka is reached, and of its password only the place", async () => {
    await kavak({
      "config.yaml": "kbroker:\n  engine: kafka\n  kafka:\n    brokers: [a:9092, b:9092]\n    tls: true\n",
    });
    const env = { KAFKA_USERNAME: "kbroker", KAFKA_PASSWORD: "s3cret", KAFKA_SASL_MECHANISM: "SCRAM-SHA-512" };

    const { stdout, stderr, exit } = await run("config show", ["--origin"], env);

    expect(stdout.split("\n").slice(6).join("\n")).toMatchInlineSnapshot(`
      "engine                kafka                  .kavak/config.yaml:2
      kafka.brokers         a:9092,b:9092          .kavak/config.yaml:4
      kafka.tls             true                   .kavak/config.yaml:5
      kafka.sasl_mechanism  SCRAM-SHA-512          KAFKA_SASL_MECHANISM
      kafka.sasl_username   kbroker                KAFKA_USERNAME
      kafka.sasl_password   set                    KAFKA_PASSWORD
      "
    `);
    expect([stderr, exit]).toEqual(["", 0]);
  });

  test("shows what it can beside a setting that has a problem, and exits with 2", async () => {
    const { stdout, stderr, exit } = await run("config show", [], { KBROKER_ADMIN_URL: "nowhere", KBROKER_TOKEN: "x" });

    expect(stdout).toContain("token        set");
    expect(stderr).toContain("KBROKER_ADMIN_URL is no address of a broker: it is no URL.");
    expect(exit).toBe(2);
  });
});
