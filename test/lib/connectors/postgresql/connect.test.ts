import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SourceError } from "../../../../src/lib/connectors/port.ts";
import { type ConnectDeps, type Connection, connect } from "../../../../src/lib/connectors/postgresql/connect.ts";
import { dial } from "../../../../src/lib/connectors/postgresql/dial.ts";
import type { DatabaseAddress } from "../../../../src/lib/domain/connector.ts";
import { dialDeps, listenRaw, onlyHere, roleOf, superuserOf } from "../../../support/dialled.ts";
import { testWithPostgresql } from "../../../support/postgresql.ts";
import { postgresqlBin } from "../../../support/postgresql-program.ts";
import { openPostgresql, type Postgresql } from "../../../support/postgresql-server.ts";

const PASSWORD = "p4ss wörd-§-secret";
let server: Postgresql;
let deps: ConnectDeps;

beforeAll(async () => {
  if (postgresqlBin() === undefined) return;
  server = await openPostgresql({ tls: true });
  deps = dialDeps({
    KBROKER_SECRET_POSTGRES: server.password,
    KBROKER_SECRET_SHOP: PASSWORD,
    KBROKER_SECRET_WRONG: "no",
  });
  const hba = join(server.dir, "data", "pg_hba.conf");
  const rules = [
    "host all trusted 127.0.0.1/32 trust",
    "host all hashed 127.0.0.1/32 md5",
    "host all banned all reject",
  ];
  await writeFile(hba, `${rules.join("\n")}\n${await readFile(hba, "utf8")}`);
  await server.sql("SELECT pg_reload_conf()");
  for (const name of ["shop", "banned"]) await server.createRole(name, { password: PASSWORD });
  await server.createRole("trusted");
  await server.sql("SET password_encryption = 'md5'");
  await server.createRole("hashed", { password: PASSWORD });
  await server.sql("RESET password_encryption");
});
afterAll(() => server?.close());

const SHOP = { kind: "env", name: "KBROKER_SECRET_SHOP" } as const;

async function fault(address: DatabaseAddress, more: Partial<ConnectDeps> = {}) {
  const error = await connect(address, { ...dialDeps(), ...deps, ...more }).then(
    (connection) => connection.close().then(() => undefined),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SourceError)) throw new Error("no SourceError", { cause: error });
  expect(`${error.message} ${error.fault.hint} ${error.stack}`).not.toContain(PASSWORD);
  return error.fault;
}

async function asked(connection: Connection, text: string) {
  const rows = await connection.query(text);
  await connection.close();
  return rows[0];
}

describe("who gets in", () => {
  testWithPostgresql.for([
    ["SCRAM", "shop", SHOP],
    ["md5", "hashed", SHOP],
    ["trust", "trusted", undefined],
  ] as const)("%s", async ([, user, password]) => {
    const connection = await connect({ ...roleOf(server, user), ...(password && { password }) }, deps);

    expect(await asked(connection, "SELECT current_user::text AS u")).toEqual({ u: user });
  });

  testWithPostgresql.for([
    [
      "a wrong password",
      "shop",
      { kind: "env", name: "KBROKER_SECRET_WRONG" },
      "authentication_failed",
      "refuses the password",
    ],
    ["no password", "shop", undefined, "authentication_failed", "names none"],
    ["a role that pg_hba.conf rejects", "banned", SHOP, "authentication_failed", "pg_hba.conf"],
    [
      "a variable that is not set",
      "shop",
      { kind: "env", name: "KBROKER_SECRET_NONE" },
      "secret_missing",
      "KBROKER_SECRET_NONE",
    ],
    [
      "a file that is not there",
      "shop",
      { kind: "file", name: "shop-password" },
      "secret_missing",
      "file shop-password",
    ],
  ] as const)("%s does not", async ([, user, password, code, words]) => {
    const found = await fault({ ...roleOf(server, user), ...(password && { password }) });

    expect(found.code).toBe(code);
    expect(found.message).toContain(words);
    expect(found.hint).toMatch(/KBROKER_SECRET_|--password-env|--secrets-dir|pg_hba/);
  });

  testWithPostgresql("a password of the environment is not sent to a server that the connector names", async () => {
    process.env.PGPASSWORD = PASSWORD;
    const found = await fault(roleOf(server, "shop")).finally(() => delete process.env.PGPASSWORD);

    expect(found).toMatchObject({ code: "authentication_failed", message: expect.stringContaining("names none") });
  });
});

describe("TLS", () => {
  testWithPostgresql("verify-full refuses a certificate that nobody known has signed", async () => {
    const found = await fault(superuserOf(server, { tls: "verify-full" }));

    expect(found).toMatchObject({ code: "database_unreachable", message: expect.stringContaining("self-signed") });
    expect(found.hint).toContain("NODE_EXTRA_CA_CERTS");
  });

  testWithPostgresql(
    "verify-full takes one that NODE_EXTRA_CA_CERTS vouches for, and refuses another name",
    async () => {
      const program = join(import.meta.dirname, "tls-probe.ts");
      const run = async (host: string) => {
        const env = { ...process.env, NODE_EXTRA_CA_CERTS: server.caFile, PROBE_PASSWORD: server.password };
        const args = ["--import", "tsx", program, host, String(server.port)];
        return (await promisify(execFile)(process.execPath, args, { env })).stdout.trim();
      };

      expect(await run("127.0.0.1")).toBe("encrypted: t");
      expect(await run("localhost")).toBe("encrypted: t");
      expect(await run("db.invalid")).toContain("does not match certificate");
    },
  );

  testWithPostgresql("require encrypts whoever answers", async () => {
    const connection = await connect(superuserOf(server, { tls: "require" }), deps);

    const row = await asked(connection, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");

    expect(row).toEqual({ ssl: "t" });
  });

  test("a server without TLS is no server for require", async () => {
    const { port } = await listenRaw((socket) => socket.once("data", () => socket.write("N")));

    const found = await fault({ ...roleOf({ port }, "shop"), tls: "require" });

    expect(found).toMatchObject({ code: "database_unreachable", message: expect.stringContaining("no TLS") });
  });
});

describe("where it never goes", () => {
  test.for([
    ["a literal address that is forbidden", { host: "169.254.169.254" }, "is a link-local address"],
    ["a socket of the machine", { host: "/var/run/postgresql" }, "plain names"],
    ["a user that holds another field", { user: "a\0replication\0database" }, "plain names"],
  ] as const)("%s", async ([, more, words]) => {
    const looked = () => expect.unreachable("nothing is resolved");

    const found = await fault(
      { ...roleOf({ port: 1 }, "shop"), ...more },
      {
        ...dialDeps(),
        lookup: looked,
        addressProblem: (ip) => (ip.startsWith("169.") ? `${ip} is a link-local address` : undefined),
      },
    );

    expect(found).toMatchObject({ code: "database_unreachable", message: expect.stringContaining(words) });
  });

  test("a name that resolves to nothing that is allowed", async () => {
    const refusal = Object.assign(new Error("host db.internal: 169.254.1.1 is a link-local address"), {
      name: "ForbiddenAddress",
    });

    const found = await fault(
      { ...roleOf({ port: 1 }, "shop"), host: "db.internal" },
      { ...dialDeps(), lookup: (_name, _options, done) => done(refusal, "") },
    );

    expect(found).toMatchObject({ code: "database_unreachable", message: expect.stringContaining("link-local") });
  });

  testWithPostgresql("a name is resolved by the lookup that was handed in", async () => {
    const names: string[] = [];
    const lookup: ConnectDeps["lookup"] = (name, options, done) => {
      names.push(name);
      onlyHere(name, options, done);
    };

    const connection = await connect(superuserOf(server, { host: "db.invalid" }), { ...deps, lookup });
    await connection.close();

    expect(names).toEqual(["db.invalid"]);
  });
});

describe("a session", () => {
  testWithPostgresql("spells values alike, whatever the role is set to", async () => {
    await server.createRole("odd", { password: PASSWORD });
    for (const setting of [
      "DateStyle = 'German'",
      "TimeZone = 'Asia/Tokyo'",
      "bytea_output = 'escape'",
      "statement_timeout = '1s'",
    ])
      await server.sql(`ALTER ROLE odd SET ${setting}`);

    const connection = await connect({ ...roleOf(server, "odd"), password: SHOP }, deps);
    const row = await asked(
      connection,
      `SELECT '2024-02-03 04:05:06+00'::timestamptz AS at, '\\x01'::bytea AS b, 0.1::float8 + 0.2 AS f, 9007199254740993 AS big,
        '1 day 2 hours'::interval AS i, true AS t, NULL AS n, current_setting('statement_timeout') AS s,
        current_setting('search_path') AS p, current_setting('application_name') AS a`,
    );

    expect(row).toEqual({
      ...{ at: "2024-02-03 04:05:06+00", b: "\\x01", f: "0.30000000000000004", big: "9007199254740993" },
      ...{ i: "P1DT2H", t: "t", n: null, s: "0", p: "", a: "kbroker" },
    });
  });

  testWithPostgresql("that only looks cannot change anything", async () => {
    const connection = await connect(superuserOf(server), deps, { readOnly: true });

    await expect(connection.query("CREATE TABLE public.made (id int)")).rejects.toThrow("read-only transaction");
    await connection.close();
  });

  testWithPostgresql("that the server ends is an error for who asks, and not for the process", async () => {
    const connection = await connect(superuserOf(server), deps);
    const [row] = await connection.query("SELECT pg_backend_pid() AS pid");

    await server.sql("SELECT pg_terminate_backend($1)", [row?.pid]);
    const gone = connection.query("SELECT pg_sleep(60)").catch((error: unknown) => error);

    expect(await gone).toMatchObject({ fault: { code: "database_unreachable" } });
    await connection.close();
    await connection.close();
  });
});

describe("abort", () => {
  test("ends a server that says nothing, and leaves no socket", async () => {
    const abort = new AbortController();
    const { port, sockets } = await listenRaw(() => abort.abort(new Error("stop")));

    await expect(connect(roleOf({ port }, "shop"), dialDeps(), { signal: abort.signal })).rejects.toThrow("stop");

    await expect.poll(() => sockets.size).toBe(0);
  });

  testWithPostgresql("ends a statement under way", async () => {
    const abort = new AbortController();
    const connection = await connect(superuserOf(server), deps, { signal: abort.signal });
    const [row] = await connection.query("SELECT pg_backend_pid()::text AS pid");

    const asleep = connection.query("SELECT pg_sleep(600)");
    abort.abort(new Error("stop"));

    await expect(asleep).rejects.toThrow("stop");
    await connection.close();
    expect(row?.pid).toMatch(/^\d+$/);
  });

  testWithPostgresql("a failed connection leaves no socket", async () => {
    await fault({ ...roleOf(server, "shop") });

    const open = () => process.getActiveResourcesInfo().filter((kind) => kind.startsWith("TCPSocket")).length;
    const before = open();
    await fault({ ...roleOf(server, "shop") });
    await expect.poll(open).toBeLessThanOrEqual(before);
  });
});

testWithPostgresql("a replication client of the same configuration gets in as a replication session", async () => {
  const { config, destroy } = await dial(superuserOf(server), deps);
  const client = new Client({ ...config, ...{ replication: "database" } });
  await client.connect();

  const { rows } = await client.query("IDENTIFY_SYSTEM");
  await client.end();
  destroy();

  expect(rows[0]).toMatchObject({ dbname: "postgres", systemid: expect.stringMatching(/^\d+$/) });
});
