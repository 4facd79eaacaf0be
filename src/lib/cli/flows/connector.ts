import type { ConnectorCheckReply, ConnectorTablesReply } from "../../api/connector.ts";
import type { RouteBody } from "../../api/routes.ts";
import type { Prompter } from "../prompter.ts";
import { freeName } from "./answers.ts";
import { checkedByAsking } from "./connector-check.ts";
import { askOnOversize, askProduct, askSnapshot } from "./connector-options.ts";
import { askKind, askSource } from "./connector-source.ts";
import { assertGiven, type ConnectorWish, connectorCheckBody, databaseOf } from "./connector-wish.ts";
import { type Answered, agreed, type Given, missing } from "./flow.ts";

const USAGE =
  "kbroker connector create <name> --product <product> --url postgresql://<user>@<host>/<database> --table <table>";

export interface ConnectorFlowDeps {
  /** Left out where nobody can be asked. */
  readonly ask: Prompter | undefined;
  readonly connectorNames: () => Promise<readonly string[]>;
  readonly tables: (database: RouteBody<"connectorTables">["database"]) => Promise<ConnectorTablesReply>;
  readonly check: (wish: RouteBody<"connectorCheck">) => Promise<ConnectorCheckReply>;
  /** The platform's name of what runs here: what the product is called, if it may be called so. */
  readonly workload: string | undefined;
  /** Nothing will be created: there is nothing to agree to. */
  readonly dryRun: boolean;
}

/** What connector to create. A name on the command line means that only what is required is asked for; none: everything. */
export async function connectorFlow(
  given: Given<ConnectorWish>,
  deps: ConnectorFlowDeps,
): Promise<Answered<ConnectorWish>> {
  const { name, product, url, tables } = given;
  if (name !== undefined && product !== undefined && url !== undefined && tables !== undefined) {
    return { wish: { ...given, name, product, url, tables }, asked: false };
  }
  if (deps.ask === undefined) {
    const absent = { "<name>": name, "--product": product, "--url": url, "--table": tables };
    throw missing(
      Object.entries(absent).map(([part, value]) => (value === undefined ? part : undefined)),
      USAGE,
    );
  }
  assertGiven(given);
  const wish = await walk(given, deps, deps.ask);
  if (deps.dryRun) return { wish, asked: true };
  const { topics } = await checkedByAsking(deps.ask, () => deps.check(connectorCheckBody(wish)));
  await agreed(deps.ask, summary(wish, topics), `Create connector ${wish.name}?`);
  return { wish, asked: true };
}

async function walk(given: Given<ConnectorWish>, deps: ConnectorFlowDeps, ask: Prompter): Promise<ConnectorWish> {
  const all = given.name === undefined;
  if (all) await askKind(ask);
  const source = await askSource(given, deps, ask);
  const product = given.product ?? (await askProduct(ask, { ...source, suggestion: deps.workload }));
  const name = given.name ?? (await askName(ask, await deps.connectorNames()));
  const snapshot = given.snapshot ?? (all ? await askSnapshot(ask) : undefined);
  const onOversize = given.onOversize ?? (all ? await askOnOversize(ask) : undefined);
  return { ...given, ...source, product, name, snapshot, onOversize };
}

function askName(ask: Prompter, taken: readonly string[]): Promise<string> {
  return ask.text({ message: "Name of the connector", problem: freeName("connector", taken) });
}

function summary(wish: ConnectorWish, topics: readonly string[]): [string, string][] {
  const { host, port, database, user, tls } = databaseOf(wish);
  const oversize = wish.onOversize === "skip" ? "is left out and counted" : "stops the connector";
  return [
    ["connector", wish.name],
    ["database", `${database} at ${host}:${port}, user ${user}, TLS ${tls}`],
    ["password", passwordText(wish)],
    ["tables", wish.tables.join(", ")],
    ["topics", topics.join(", ")],
    ["rows that are there", wish.snapshot === "none" ? "are left out" : "come first, each as one event"],
    ["a row over 64 KB", oversize],
    ["publication", wish.publication ?? "the connector's own"],
  ];
}

function passwordText({ passwordEnv, passwordFile }: Pick<ConnectorWish, "passwordEnv" | "passwordFile">): string {
  if (passwordEnv !== undefined) return `in ${passwordEnv}, a variable of the broker`;
  return passwordFile === undefined ? "none" : `in ${passwordFile}, a file of the broker's secrets directory`;
}
