import { expect, test } from "vitest";
import { type ConnectorTablesReply, connectorCheckReply } from "../../../../src/lib/api/connector.ts";
import { type ConnectorFlowDeps, connectorFlow } from "../../../../src/lib/cli/flows/connector.ts";
import { tableChoices } from "../../../../src/lib/cli/flows/connector-source.ts";
import { connectorUpdateFlow, connectorUpdateLine } from "../../../../src/lib/cli/flows/connector-update.ts";
import { connectorBody, connectorLine } from "../../../../src/lib/cli/flows/connector-wish.ts";
import { shellLine } from "../../../../src/lib/cli/shell.ts";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";
import { connector, connectorChecks, failedChecks } from "../../../commands/fixtures.ts";
import { script } from "./script.ts";

const table = (name: string, changes: object = {}): ConnectorTablesReply["items"][number] => ({
  ...{ name: `public.${name}`, schema: "public", table: name, key: ["id"], rowsExpected: 1_200, problem: null },
  ...changes,
});
const TABLES = [table("log", { key: [], problem: "it has no primary key" }), table("orders"), table("v1.items")];
const away = new KBrokerError("source_failed", "The database does not answer.", { hint: "Start it." });

interface World {
  readonly tables?: readonly (ConnectorTablesReply["items"] | KBrokerError)[];
  readonly checks?: readonly (typeof failedChecks)[];
  readonly workload?: string;
}

function world({ tables = [TABLES], checks = [connectorChecks()], workload }: World = {}) {
  const asked: unknown[] = [];
  const [tablesLeft, checksLeft] = [[...tables], [...checks]];
  const deps: Omit<ConnectorFlowDeps, "ask"> = {
    connectorNames: async () => ["taken"],
    tables: async (database) => {
      asked.push(database);
      const answer = tablesLeft.shift();
      if (answer instanceof KBrokerError) throw answer;
      return { items: answer ?? [] };
    },
    check: async () => connectorCheckReply.parse(checksLeft.shift()),
    workload,
    dryRun: false,
  };
  return { deps, asked };
}

const URL = "postgresql://kbroker@db.internal/shop";
const WALK = ["cdc", URL, "env", "", ["public.orders", 'public."v1.items"'], "shop", "shop"];

test("the walk asks for everything, reads the tables from the database, and has a line that does the same", async () => {
  const { ask, seen } = script([...WALK, "none", "skip", true]);
  const { deps, asked } = world();

  const { wish } = await connectorFlow({}, { ...deps, ask });

  const password = { kind: "env", name: "KBROKER_SECRET_SHOP" };
  const database = { host: "db.internal", port: 5432, database: "shop", user: "kbroker", tls: "verify-full", password };
  expect(asked).toEqual([database]);
  expect(connectorBody(wish)).toEqual({
    ...{ name: "shop", product: "shop", kind: "postgresql", database },
    tables: [
      { schema: "public", table: "orders" },
      { schema: "public", table: "v1.items" },
    ],
    ...{ snapshot: "none", onOversize: "skip" },
  });
  expect(shellLine(connectorLine(wish))).toBe(
    `kbroker connector create shop --product shop --url ${URL} --password-env KBROKER_SECRET_SHOP --table public.orders --table 'public."v1.items"' --snapshot none --on-oversize skip`,
  );
  expect(seen).toMatchSnapshot();
});

test("defaults stay out of the request and of the line", async () => {
  const { ask } = script(["cdc", URL, "none", ["public.orders"], "shop", "shop", "initial", "stop", true]);

  const { wish } = await connectorFlow({}, { ...world().deps, ask });

  expect(shellLine(connectorLine(wish))).toBe(
    `kbroker connector create shop --product shop --url ${URL} --table public.orders`,
  );
});

test("what fails is shown with the SQL that mends it, and looked at again until it holds", async () => {
  const { ask, seen } = script([...WALK, "initial", "stop", true, true]);
  const { deps } = world({ checks: [failedChecks, connectorChecks()] });

  await connectorFlow({}, { ...deps, ask });

  const shown = seen.find((line) => line.includes("wal_level"));
  expect(shown).toContain("\n    ALTER SYSTEM SET wal_level = logical;\n    -- then restart the database\n");
  expect(seen.at(-1)).toBe("Create connector shop?");
});

test("whoever does not mend it now creates nothing", async () => {
  const { ask } = script([...WALK, "initial", "stop", false]);
  const { deps } = world({ checks: [failedChecks] });

  await expect(connectorFlow({}, { ...deps, ask })).rejects.toMatchObject({
    code: "connector_checks_failed",
    problems: [{ message: 'wal_level: wal_level is "replica"' }],
  });
});

test("a no at the end creates nothing", async () => {
  const { ask } = script([...WALK, "initial", "stop", false]);

  await expect(connectorFlow({}, { ...world().deps, ask })).rejects.toMatchObject({ code: "not_confirmed" });
});

test("a database that does not answer can be tried again, or given another address", async () => {
  const other = "postgresql://kbroker@localhost/shop";
  const { ask, seen } = script(["cdc", URL, "none", "again", "other", other, "none", ["public.orders"], undefined]);
  const { deps, asked } = world({ tables: [away, away, TABLES] });

  await expect(connectorFlow({}, { ...deps, ask })).rejects.toMatchObject({ code: "cancelled" });

  expect(asked).toMatchObject([{ host: "db.internal" }, { host: "db.internal" }, { host: "localhost" }]);
  expect(seen).toContain("Error: The database does not answer.\nStart it.");
});

test("a broker that does not answer ends it: that is no fault of the database", async () => {
  const unreachable = new KBrokerError("broker_unreachable", "No broker answers.");
  const { ask } = script(["cdc", URL, "none"]);

  const flow = connectorFlow({}, { ...world({ tables: [unreachable] }).deps, ask });

  await expect(flow).rejects.toBe(unreachable);
});

test.each([
  [[], /has no table that its user sees/],
  [[TABLES[0]], /has no table that can be captured/],
])("a database without a table to capture says so: %j", async (tables, message) => {
  const { ask } = script(["cdc", URL, "none"]);
  const { deps } = world({ tables: [tables.flatMap((one) => one ?? [])] });

  await expect(connectorFlow({}, { ...deps, ask })).rejects.toThrow(message);
});

test("a table whose topic could have no name is not offered: no product would do", () => {
  const items = [
    table("We ird"),
    table("orders"),
    table("small", { rowsExpected: 1 }),
    table("new", { rowsExpected: null }),
  ];

  const choices = tableChoices(items, { product: "p", database: "shop" });

  expect(choices).toEqual([
    { value: "public.orders", label: "public.orders", about: "Key id; about 1,200 rows." },
    { value: "public.small", label: "public.small", about: "Key id; about 1 row." },
    { value: "public.new", label: "public.new", about: "Key id; how many rows is not known." },
    {
      value: 'public."We ird"',
      label: 'public."We ird"',
      refusal: 'A topic name has only letters, digits, ".", "_" and "-".',
    },
  ]);
});

test("each wrong answer is refused as it is given", async () => {
  const { ask, seen } = script([
    ...["cdc", "mysql://u@h/d", "postgresql://u:geheim@h/d", URL, "env", "HOME", "KBROKER_SECRET_X"],
    ...[["public.orders"], "my shop", "shop", "taken", "a_errors", "shop", "initial", "stop", true],
  ]);

  await connectorFlow({}, { ...world().deps, ask });

  const refused = seen.filter((line) => line.startsWith("✗"));
  expect(refused).toMatchSnapshot();
  expect(refused.join()).not.toContain("geheim");
});

test.each([
  ["team.shop", "team.shop"],
  ["team/shop", undefined],
])("the workload %s is offered as product only where it can be a part of a topic's name", async (workload, product) => {
  const { ask, seen } = script(["cdc", URL, "none", ["public.orders"], "", "shop", "shop", "initial", "stop", true]);

  const flow = connectorFlow({}, { ...world({ workload }).deps, ask });

  if (product === undefined) await flow;
  else await expect(flow).rejects.toThrow();
  expect(seen.some((line) => line.startsWith("✗ The name of the product"))).toBe(product === undefined);
});

test("with a name on the line only what is required is asked", async () => {
  const { ask, seen } = script(["shop", true]);

  const { wish } = await connectorFlow(
    { name: "shop", url: URL, tables: ["orders"], retainedWalWarn: "5GB" },
    { ...world().deps, ask },
  );

  expect(wish).toMatchObject({ product: "shop", retainedWalWarn: "5GB" });
  expect(seen.filter((line) => !line.startsWith("\n"))).toEqual([
    "Product, for topics such as cdc_<product>-shop_orders",
    "Create connector shop?",
  ]);
});

test("what the line says wrongly is said before anything is asked", async () => {
  const { ask, seen } = script([]);

  const flow = connectorFlow({ retainedWalWarn: "much" }, { ...world().deps, ask });

  await expect(flow).rejects.toMatchObject({ code: "usage" });
  expect(seen).toEqual([]);
});

test("a dry run asks what is open, and neither checks nor agrees: the command does", async () => {
  const { ask, seen } = script([...WALK, "initial", "stop"]);

  const { asked } = await connectorFlow({}, { ...world().deps, ask, dryRun: true });

  expect(asked).toBe(true);
  expect(seen.at(-1)).toBe("A row whose event is over 64 KB");
});

const updating = {
  name: "shop",
  describe: async () => connector(),
  tables: async () => ({ items: TABLES }),
};

test.each([
  [["addTables", ['public."v1.items"']], "--add-table 'public.\"v1.items\"'"],
  [["removeTables", ["sales.customers"]], "--remove-table sales.customers"],
  [["password", "none"], "--no-password"],
  [["password", "file", "p"], "--password-file p"],
  [["url", "postgresql://u@h/shop"], "--url postgresql://u@h/shop"],
  [["onOversize", "stop"], "--on-oversize stop"],
  [["retainedWalWarn", "1", "2GiB"], "--retained-wal-warn 2GiB"],
])("an update without a flag asks what to change: %j", async (answers, line) => {
  const { ask } = script(answers);

  const { wish } = await connectorUpdateFlow({}, { ...updating, ask });

  expect(shellLine(connectorUpdateLine("shop", wish))).toBe(`kbroker connector update shop ${line}`);
});

test("an update offers no table that is captured already", async () => {
  const { ask } = script(["addTables", ["public.orders"]]);

  await expect(connectorUpdateFlow({}, { ...updating, ask })).rejects.toThrow('offers public."v1.items".');
});
