import type { RouteBody } from "../../api/routes.ts";
import type { OnOversize, SecretReference, SnapshotMode } from "../../domain/connector.ts";
import { KBrokerError } from "../../domain/error.ts";
import { secretProblem } from "../../domain/secret.ts";
import { byteSize } from "../byte-size.ts";
import { parseDatabaseUrl } from "../database-url.ts";
import { parseTableName } from "../table-name.ts";
import type { Given } from "./flow.ts";

/** Where the broker finds the password, as flags say it. */
export interface PasswordWish {
  readonly passwordEnv?: string | undefined;
  readonly passwordFile?: string | undefined;
}

/** What may be left out; left out means the broker's default. */
export interface ConnectorOptions extends PasswordWish {
  readonly snapshot?: SnapshotMode | undefined;
  readonly onOversize?: OnOversize | undefined;
  readonly publication?: string | undefined;
  readonly retainedWalWarn?: string | undefined;
}

/** As text of the command line. */
export interface ConnectorWish extends ConnectorOptions {
  readonly name: string;
  readonly product: string;
  readonly url: string;
  readonly tables: readonly string[];
}

type Database = RouteBody<"connectorTables">["database"];

/** Fails with `usage` for an address that is none, and for a secret that can be nowhere. */
export function databaseOf({ url, ...secret }: PasswordWish & { readonly url: string }): Database {
  const password = passwordOf(secret);
  return { ...parseDatabaseUrl(url), ...(password !== undefined && { password }) };
}

export function passwordOf({ passwordEnv, passwordFile }: PasswordWish): SecretReference | undefined {
  if (passwordEnv !== undefined) return checkedSecret({ kind: "env", name: passwordEnv }, "--password-env");
  if (passwordFile !== undefined) return checkedSecret({ kind: "file", name: passwordFile }, "--password-file");
  return undefined;
}

function checkedSecret(reference: SecretReference, flag: string): SecretReference {
  const problem = secretProblem(reference);
  if (problem === undefined) return reference;
  throw new KBrokerError("usage", `${flag}: ${problem}`, {
    hint: "Give the name of the place, never the password: --password-env KBROKER_SECRET_SHOP, or --password-file shop-password.",
  });
}

/** Fails for what the command line says wrongly, before anything is asked. */
export function assertGiven(given: Given<ConnectorWish>): void {
  if (given.url !== undefined) parseDatabaseUrl(given.url);
  passwordOf(given);
  given.tables?.map(parseTableName);
  careBody(given);
}

/** What is looked at before anything is created. */
export function connectorCheckBody(wish: ConnectorWish): RouteBody<"connectorCheck"> {
  const { name, product, tables, snapshot, publication } = wish;
  return {
    ...{ name, product, kind: "postgresql", database: databaseOf(wish), tables: tables.map(parseTableName) },
    ...(snapshot !== undefined && { snapshot }),
    ...(publication !== undefined && { publication }),
  };
}

export function connectorBody(wish: ConnectorWish): RouteBody<"connectorCreate"> {
  return { ...connectorCheckBody(wish), ...careBody(wish) };
}

/** What creating and updating say alike. */
export function careBody({ onOversize, retainedWalWarn }: ConnectorOptions) {
  return {
    ...(onOversize !== undefined && { onOversize }),
    ...(retainedWalWarn !== undefined && { retainedBytesWarn: byteSize(retainedWalWarn, "--retained-wal-warn") }),
  };
}

/** The command line that creates the same connector. */
export function connectorLine({ name, product, url, tables, ...options }: ConnectorWish): string[] {
  const { snapshot, publication } = options;
  return [
    ...["kbroker", "connector", "create", name, "--product", product, "--url", url],
    ...passwordWords(options),
    ...tables.flatMap((table) => ["--table", table]),
    ...(snapshot === undefined ? [] : ["--snapshot", snapshot]),
    ...(publication === undefined ? [] : ["--publication", publication]),
    ...careWords(options),
  ];
}

export function passwordWords({ passwordEnv, passwordFile }: PasswordWish): string[] {
  return [
    ...(passwordEnv === undefined ? [] : ["--password-env", passwordEnv]),
    ...(passwordFile === undefined ? [] : ["--password-file", passwordFile]),
  ];
}

export function careWords({ onOversize, retainedWalWarn }: ConnectorOptions): string[] {
  return [
    ...(onOversize === undefined ? [] : ["--on-oversize", onOversize]),
    ...(retainedWalWarn === undefined ? [] : ["--retained-wal-warn", retainedWalWarn]),
  ];
}
