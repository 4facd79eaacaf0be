import type { ConnectorReply, ConnectorTablesReply } from "../../api/connector.ts";
import type { RouteBody } from "../../api/routes.ts";
import { CONNECTOR_TABLES_MAX, type OnOversize } from "../../domain/connector.ts";
import { KBrokerError } from "../../domain/error.ts";
import { byteSizeText, parseByteSize } from "../byte-size.ts";
import { databaseUrl, parseDatabaseUrl } from "../database-url.ts";
import type { Prompter } from "../prompter.ts";
import { parseTableName, tableNameText } from "../table-name.ts";
import { askOnOversize } from "./connector-options.ts";
import { askPassword, askUrl, tableChoices } from "./connector-source.ts";
import { careBody, careWords, type PasswordWish, passwordOf, passwordWords } from "./connector-wish.ts";
import type { Answered } from "./flow.ts";
import { updateFlow } from "./update.ts";

/** As text of the command line. */
export interface ConnectorUpdateWish extends PasswordWish {
  readonly url?: string | undefined;
  readonly noPassword?: true | undefined;
  readonly addTables?: readonly string[] | undefined;
  readonly removeTables?: readonly string[] | undefined;
  readonly onOversize?: OnOversize | undefined;
  readonly retainedWalWarn?: string | undefined;
}

export interface ConnectorUpdateDeps {
  readonly name: string;
  readonly ask: Prompter | undefined;
  readonly describe: () => Promise<ConnectorReply>;
  readonly tables: (database: RouteBody<"connectorTables">["database"]) => Promise<ConnectorTablesReply>;
}

export function connectorUpdateFlow(
  given: ConnectorUpdateWish,
  { name, ask, describe, tables }: ConnectorUpdateDeps,
): Promise<Answered<ConnectorUpdateWish>> {
  const settings = {
    url: {
      flag: "--url",
      label: "the address of the database",
      ask: async (prompter: Prompter) => ({ url: await askUrl(prompter, databaseUrl((await describe()).database)) }),
    },
    password: {
      flag: "--password-env, --password-file or --no-password",
      label: "where the password is",
      ask: async (prompter: Prompter) => askedPassword(prompter, databaseUrl((await describe()).database)),
    },
    addTables: {
      flag: "--add-table",
      label: "more tables",
      ask: async (prompter: Prompter) => {
        const connector = await describe();
        return { addTables: await askMore(prompter, connector, await tables(connector.database)) };
      },
    },
    removeTables: {
      flag: "--remove-table",
      label: "fewer tables",
      ask: async (prompter: Prompter) => ({ removeTables: await askFewer(prompter, await describe()) }),
    },
    onOversize: {
      flag: "--on-oversize",
      label: "what happens to a row over 64 KB",
      ask: async (prompter: Prompter) => ({ onOversize: (await askOnOversize(prompter)) ?? ("stop" as const) }),
    },
    retainedWalWarn: {
      flag: "--retained-wal-warn",
      label: "how much retained WAL is a warning",
      ask: async (prompter: Prompter) => ({ retainedWalWarn: await askWarn(prompter, await describe()) }),
    },
  };
  return updateFlow<ConnectorUpdateWish>(given, { ask, settings, line: `kbroker connector update ${name}` });
}

async function askedPassword(ask: Prompter, url: string): Promise<ConnectorUpdateWish> {
  const place = await askPassword(ask, url);
  return passwordOf(place) === undefined ? { noPassword: true } : place;
}

function askMore(
  ask: Prompter,
  connector: ConnectorReply,
  { items }: ConnectorTablesReply,
): Promise<readonly string[]> {
  const captured = new Set(connector.tables.map(tableNameText));
  const { product, database } = connector;
  const topic = { product, database: database.database };
  const choices = tableChoices(items, topic).filter(({ value }) => !captured.has(value));
  if (choices.every(({ refusal }) => refusal !== undefined))
    throw new KBrokerError("usage", "There is no other table that can be captured.");
  const countMax = CONNECTOR_TABLES_MAX - captured.size;
  return ask.chooseSeveral({ message: "Tables to capture as well", countMax, choices });
}

function askFewer(ask: Prompter, { tables }: ConnectorReply): Promise<readonly string[]> {
  const choices = tables.map((table) => ({ value: tableNameText(table), label: tableNameText(table) }));
  const message = "Tables that are not captured any more; their topics stay";
  return ask.chooseSeveral({ message, countMax: tables.length, choices });
}

function askWarn(ask: Prompter, { retainedBytesWarn }: ConnectorReply): Promise<string> {
  return ask.text({
    message: "Retained WAL that is a warning",
    initial: byteSizeText(retainedBytesWarn),
    problem: (text) => (parseByteSize(text) === undefined ? "Write a number and a unit: 500MB, 1GiB." : undefined),
  });
}

/** The database itself is not among it: see `refuseOtherDatabase`. */
export function connectorUpdateBody(wish: ConnectorUpdateWish): RouteBody<"connectorUpdate"> {
  const { url, noPassword, addTables, removeTables } = wish;
  const { database: _database, ...place } = url === undefined ? { database: undefined } : parseDatabaseUrl(url);
  const password = noPassword === true ? null : passwordOf(wish);
  return {
    ...place,
    ...(password !== undefined && { password }),
    ...(addTables !== undefined && { addTables: addTables.map(parseTableName) }),
    ...(removeTables !== undefined && { removeTables: removeTables.map(parseTableName) }),
    ...careBody(wish),
  };
}

/** A position of one database means nothing in another. */
export function refuseOtherDatabase({ url }: ConnectorUpdateWish, { name, database }: ConnectorReply): void {
  if (url === undefined || parseDatabaseUrl(url).database === database.database) return;
  throw new KBrokerError(
    "usage",
    `Connector ${name} stays with the database ${database.database}; --url names another.`,
    {
      hint: "kbroker connector create",
    },
  );
}

/** The command line that changes the same. */
export function connectorUpdateLine(name: string, wish: ConnectorUpdateWish): string[] {
  const { url, noPassword, addTables = [], removeTables = [] } = wish;
  return [
    ...["kbroker", "connector", "update", name],
    ...(url === undefined ? [] : ["--url", url]),
    ...passwordWords(wish),
    ...(noPassword === true ? ["--no-password"] : []),
    ...addTables.flatMap((table) => ["--add-table", table]),
    ...removeTables.flatMap((table) => ["--remove-table", table]),
    ...careWords(wish),
  ];
}
