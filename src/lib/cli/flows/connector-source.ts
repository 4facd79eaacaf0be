import type { ConnectorTablesReply } from "../../api/connector.ts";
import type { RouteBody } from "../../api/routes.ts";
import { CONNECTOR_TABLES_MAX, connectorTopic, SECRET_ENV_PREFIX } from "../../domain/connector.ts";
import { type Code, KBrokerError } from "../../domain/error.ts";
import { nameProblem } from "../../domain/names.ts";
import { secretProblem } from "../../domain/secret.ts";
import { PLAIN } from "../colour.ts";
import { databaseUrlProblem, parseDatabaseUrl } from "../database-url.ts";
import { asKBrokerError, errorText } from "../error-report.ts";
import { plural } from "../fields.ts";
import { plain } from "../plain.ts";
import type { Prompter, SeveralQuestion } from "../prompter.ts";
import { tableNameText } from "../table-name.ts";
import { type ConnectorWish, databaseOf, type PasswordWish } from "./connector-wish.ts";
import type { Given } from "./flow.ts";

type Database = RouteBody<"connectorTables">["database"];

interface SourceDeps {
  readonly tables: (database: Database) => Promise<ConnectorTablesReply>;
}

export type SourceWish = PasswordWish & Pick<ConnectorWish, "url" | "tables">;

/** What a database that cannot be asked is about: the person may mend it, there or here. */
const MENDABLE: ReadonlySet<Code> = new Set(["source_failed", "endpoint_forbidden", "invalid_request"]);

export async function askKind(ask: Prompter): Promise<void> {
  await ask.choose({
    message: "Kind of connector",
    choices: [
      {
        value: "cdc",
        label: "CDC: change data capture",
        about: "Each insert, update and delete of a table is an event.",
      },
    ],
  });
}

/** The database, and those of its tables that are wanted, read from it unless they are named already. */
export async function askSource(given: Given<ConnectorWish>, deps: SourceDeps, ask: Prompter): Promise<SourceWish> {
  for (let earlier: string | undefined; ; ) {
    const address = await askAddress(given, ask, earlier);
    if (given.tables !== undefined) return { ...address, tables: given.tables };
    const found = await offered(databaseOf(address), deps, ask);
    if (found !== undefined) return { ...address, tables: await askTables(ask, found, address.url) };
    earlier = address.url;
  }
}

async function askAddress(
  given: Given<ConnectorWish>,
  ask: Prompter,
  earlier: string | undefined,
): Promise<PasswordWish & { readonly url: string }> {
  const { passwordEnv, passwordFile } = given;
  const known = earlier === undefined ? given.url : undefined;
  const url = known ?? (await askUrl(ask, earlier));
  const isPlaced = passwordEnv !== undefined || passwordFile !== undefined;
  const isTold = earlier === undefined && (isPlaced || (given.name !== undefined && known !== undefined));
  return { url, ...(isTold ? { passwordEnv, passwordFile } : await askPassword(ask, url)) };
}

export function askUrl(ask: Prompter, earlier: string | undefined): Promise<string> {
  const initial = earlier === undefined ? {} : { initial: earlier };
  return ask.text({
    message: "Database, such as postgresql://user@host:5432/name",
    ...initial,
    problem: databaseUrlProblem,
  });
}

/** Where it is, never what it is. */
export async function askPassword(ask: Prompter, url: string): Promise<PasswordWish> {
  const place = await ask.choose({
    message: "Where does the broker find the password?",
    choices: [
      { value: "env", label: "in a variable of its environment", about: `Its name begins with ${SECRET_ENV_PREFIX}.` },
      { value: "file", label: "in a file of its secrets directory", about: "broker start --secrets-dir <folder>" },
      { value: "none", label: "nowhere: the database asks for none" },
    ],
  });
  if (place === "none") return {};
  const { database } = parseDatabaseUrl(url);
  const kind = place === "env" ? "env" : "file";
  const initial =
    kind === "env"
      ? `${SECRET_ENV_PREFIX}${database.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`
      : `${database.replaceAll(/[^A-Za-z0-9]/g, "-")}-password`;
  const name = await ask.text({
    message: kind === "env" ? "Name of the variable" : "Name of the file",
    initial,
    problem: (text) => secretProblem({ kind, name: text }),
  });
  return kind === "env" ? { passwordEnv: name } : { passwordFile: name };
}

/** `undefined`: another address is to be given. */
async function offered(
  database: Database,
  { tables }: SourceDeps,
  ask: Prompter,
): Promise<ConnectorTablesReply | undefined> {
  for (;;) {
    try {
      return await tables(database);
    } catch (error) {
      const known = asKBrokerError(error);
      if (!MENDABLE.has(known.code)) throw error;
      ask.tell(errorText(known, PLAIN).trimEnd());
      const then = await ask.choose({
        message: "The database's tables could not be read",
        choices: [
          { value: "again", label: "try again" },
          { value: "other", label: "give another address or password" },
        ],
      });
      if (then === "other") return undefined;
    }
  }
}

async function askTables(ask: Prompter, { items }: ConnectorTablesReply, url: string): Promise<readonly string[]> {
  const { database } = parseDatabaseUrl(url);
  const choices = tableChoices(items, { product: "p", database });
  if (choices.every(({ refusal }) => refusal !== undefined)) {
    const problems = choices.map(({ label, refusal }) => ({ path: label, message: refusal ?? "" }));
    const what = items.length === 0 ? "has no table that its user sees" : "has no table that can be captured";
    throw new KBrokerError("usage", `Database ${plain(database)} ${what}.`, { problems });
  }
  return ask.chooseSeveral({ message: "Tables to capture", countMax: CONNECTOR_TABLES_MAX, choices });
}

/** Those that can be captured first. One whose topic could have no name is not offered: no answer to what follows would do. */
export function tableChoices(
  items: ConnectorTablesReply["items"],
  topic: Parameters<typeof connectorTopic>[0],
): SeveralQuestion<string>["choices"] {
  const choices: SeveralQuestion<string>["choices"] = items.map(({ schema, table, key, rowsExpected, problem }) => {
    const value = tableNameText({ schema, table });
    const rows = rowsExpected === null ? "how many rows is not known" : `about ${plural(rowsExpected, "row")}`;
    const refusal = problem ?? nameProblem("topic", connectorTopic(topic, { schema, table }));
    return {
      value,
      label: plain(value),
      ...(refusal === undefined ? { about: plain(`Key ${key.join(", ")}; ${rows}.`) } : { refusal: plain(refusal) }),
    };
  });
  return [
    ...choices.filter((choice) => choice.refusal === undefined),
    ...choices.filter((choice) => choice.refusal !== undefined),
  ];
}
