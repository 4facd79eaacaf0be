import { expect, test } from "vitest";
import { connector, connectorChecks, failedChecks } from "../commands/fixtures.ts";
import { answer, type Received, type Stub, stubBroker } from "../commands/stub-broker.ts";
import { KEYS, terminal } from "./pty.ts";

const TEST_MS_MAX = 120_000;
const { enter, down, ctrlC, clear } = KEYS;
const SPACE = " ";
const CHECK = "POST /admin/v1/connector-checks";

const table = (name: string, problem: string | null = null) => ({
  ...{ name: `public.${name}`, schema: "public", table: name, key: ["id"], rowsExpected: 1_200, problem },
});

const broker = (answers: Record<string, unknown> = {}) =>
  stubBroker({
    "GET /admin/v1/connectors": { items: [connector({ name: "taken" })] },
    "GET /admin/v1/connectors/shop": connector(),
    "POST /admin/v1/connector-tables": {
      items: [table("log", "it has no primary key"), table("orders"), table("customers")],
    },
    [CHECK]: connectorChecks(),
    "POST /admin/v1/connectors": answer(201, connector()),
    ...answers,
  });

const created = (received: readonly Received[]) =>
  received
    .filter(({ method, url }) => method === "POST" && url === "/admin/v1/connectors")
    .map(({ body }) => JSON.parse(String(body)));

/** From the first question to the one about rows that are too large. */
async function walk({ env }: Stub) {
  const at = terminal(["connector", "create"], env);
  const { see, type } = at;
  await see(/Kind of connector[\s\S]*CDC: change data capture/);
  type(enter);
  await see(/Database, such as postgresql:/);
  type(`postgresql://u:geheim@h/d${enter}`);
  await see(/The address holds a password/);
  type(`${clear}postgresql://kbroker@db.internal/shop${enter}`);
  await see(/Where does the broker find the password\?/);
  type(enter);
  await see(/Name of the variable/);
  type(enter);
  await see(/Tables to capture[\s\S]*public\.orders[\s\S]*public\.customers[\s\S]*public\.log[\s\S]*no primary key/);
  type(enter);
  await see(/At least one choice must be selected/);
  type(`${SPACE}${down}${SPACE}${enter}`);
  await see(/Product, for topics such as cdc_<product>-shop_orders/);
  type(`shop${enter}`);
  await see(/Name of the connector/);
  type(`taken${enter}`);
  await see(/A connector "taken" exists\./);
  type(`${clear}shop${enter}`);
  await see(/The rows that are there already/);
  type(enter);
  await see(/A row whose event is over 64 KB/);
  type(enter);
  return at;
}

test("connector create asks, offers the database's tables, checks, and does what was agreed", {
  timeout: TEST_MS_MAX,
}, async () => {
  const stub = await broker();

  const { see, type, text, ended } = await walk(stub);
  await see(/warning +replica_identity/);
  await see(/ALTER TABLE public\.orders REPLICA IDENTITY FULL;\n/);
  await see(/Create connector shop\?/);
  expect(created(stub.received)).toEqual([]);
  type(enter);
  await see(/Created connector shop\.\nChanges of public\.orders go to cdc_shop-shop_orders\./);
  await see(
    /Without questions: kbroker connector create shop --product shop --url postgresql:\/\/kbroker@db\.internal\/shop --password-env KBROKER_SECRET_SHOP --table public\.orders --table public\.customers\n/,
  );
  await see(/Next: kbroker subscription create <name> --topic cdc_shop-shop_orders --endpoint <url>\n/);

  expect(await ended).toBe(0);
  expect(created(stub.received)).toMatchObject([
    {
      tables: [
        { schema: "public", table: "orders" },
        { schema: "public", table: "customers" },
      ],
    },
  ]);
  expect(text()).not.toContain("undefined");
});

test("what fails is shown with the SQL that mends it; whoever does not mend it now creates nothing, exit 5", {
  timeout: TEST_MS_MAX,
}, async () => {
  const stub = await broker({ [CHECK]: failedChecks });

  const { see, type, ended } = await walk(stub);
  await see(/error +wal_level[\s\S]*ALTER SYSTEM SET wal_level = logical;\n/);
  await see(/One thing keeps it from working\. Check again once it is mended\?/);
  type(enter);
  await see(/error +wal_level[\s\S]*Check again once it is mended\?/);
  type(`n${enter}`);
  await see(/Error: Nothing was created\./);

  expect(await ended).toBe(5);
  expect(created(stub.received)).toEqual([]);
});

test("Ctrl-C while tables are chosen changes nothing and exits with 130", { timeout: TEST_MS_MAX }, async () => {
  const stub = await broker();
  const line = ["connector", "create", "shop", "--product", "shop", "--url", "postgresql://k@localhost/shop"];
  const { see, type, ended } = terminal(line, stub.env);

  await see(/Tables to capture/);
  type(ctrlC);

  expect(await ended).toBe(130);
  expect(created(stub.received)).toEqual([]);
});

test.each([
  ["--no-input", ["--no-input"], {}],
  ["CI", [], { CI: "true" }],
])(
  "with %s nothing is asked, even at a terminal: exit 2 says what is missing",
  {
    timeout: TEST_MS_MAX,
  },
  async (_what, flags, more) => {
    const { env, received } = await broker();
    const { see, ended } = terminal(["connector", "create", ...flags], { ...env, ...more });

    await see(/Missing: <name>, --product, --url, --table\./);

    expect(await ended).toBe(2);
    expect(received).toEqual([]);
  },
);

test("describe --watch draws in its place, and Ctrl-C ends it with 130", { timeout: TEST_MS_MAX }, async () => {
  const { env } = await broker();
  const { see, type, raw, ended } = terminal(["connector", "describe", "shop", "--watch", "--interval", "200ms"], env);

  await see(/shop streaming[\s\S]*Works: up to date\./);
  await expect.poll(raw, { timeout: 30_000 }).toMatch(/\[\d+A\r/);
  type(ctrlC);

  expect(await ended).toBe(130);
  expect(raw()).toContain("\u001b[?25h");
});
