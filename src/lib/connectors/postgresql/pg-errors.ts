import type { DatabaseAddress } from "../../domain/connector.ts";
import type { Fault } from "../../domain/connector-report.ts";
import { SourceError } from "../port.ts";
import { networkFault } from "./network-errors.ts";
import { sqlFault } from "./sql-errors.ts";
import { hostPort, placeOf } from "./words.ts";

export interface ErrorContext {
  readonly address: DatabaseAddress;
  /** The slot that it is about, where it is about one. */
  readonly slot?: string;
}

/** The server asks for a password and the connector names none. */
export class PasswordWanted extends Error {
  override readonly name = "PasswordWanted";
}

/** The server asks for the password itself, over a connection that everybody between can read. */
export class PasswordInClear extends Error {
  override readonly name = "PasswordInClear";
}

/** What the server sent is not PostgreSQL's protocol. */
export class ProtocolBroken extends Error {
  override readonly name = "ProtocolBroken";

  constructor({ cause }: { readonly cause: unknown }) {
    super("What the server sent is not PostgreSQL's protocol.", { cause });
  }
}

/** Anything that the driver throws, in the words of an operator; what is a `SourceError` already stays as it is. */
export function sourceError(error: unknown, context: ErrorContext): SourceError {
  if (error instanceof SourceError) return error;
  return new SourceError(faultOf(error, context), { cause: error });
}

function faultOf(error: unknown, context: ErrorContext): Fault {
  if (error instanceof PasswordWanted) return passwordWanted(context);
  if (error instanceof PasswordInClear) return passwordInClear(context);
  if (error instanceof ProtocolBroken) return protocolBroken(context);
  return sqlFault(error, context) ?? networkFault(error, context) ?? unexpected(error, context);
}

function passwordWanted({ address }: ErrorContext): Fault {
  return {
    code: "authentication_failed",
    message: `PostgreSQL wants a password for ${placeOf(address)}, and the connector names none.`,
    hint: "Name where the password is: kbroker connector update <name> --password-env NAME | --password-file FILE",
  };
}

function passwordInClear({ address }: ErrorContext): Fault {
  return {
    code: "authentication_failed",
    message: `PostgreSQL wants the password for ${placeOf(address)} in clear, over a connection without TLS; it was not sent.`,
    hint: "Let the server ask for scram-sha-256 (in pg_hba.conf), or encrypt: ?sslmode=verify-full in --url of kbroker connector update <name>",
  };
}

function protocolBroken({ address }: ErrorContext): Fault {
  return {
    code: "database_unreachable",
    message: `What listens at ${hostPort(address)} does not speak PostgreSQL's protocol.`,
    hint: "Name the host and port of PostgreSQL itself: kbroker connector update <name> --url …",
  };
}

function unexpected(error: unknown, { address }: ErrorContext): Fault {
  const state = error instanceof Error && "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
  const words = error instanceof Error ? error.message : String(error);
  return {
    code: "unexpected",
    message: `Something went wrong with ${placeOf(address)}: ${words}${state}`,
    hint: "It is tried again by itself. PostgreSQL's log and the broker's log of that moment say more.",
  };
}
