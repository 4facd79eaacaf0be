import { isIPv4, isIPv6 } from "node:net";
import type { DatabaseAddress, TlsMode } from "../domain/connector.ts";
import { KBrokerError } from "../domain/error.ts";

const PORT_DEFAULT = 5432;
const NAME_BYTES_MAX = 63;
const TLS_MODES: readonly TlsMode[] = ["disable", "require", "verify-full"];
/** What other tools take and what stands for it here: nothing that falls back to plain text by itself. */
const OTHER_MODES: ReadonlyMap<string, string> = new Map([
  ["allow", "disable or require"],
  ["prefer", "require"],
  ["verify-ca", "verify-full"],
]);
const EXAMPLE = "postgresql://user@host:5432/database?sslmode=verify-full";

/** An address without its secret: that one is told by a flag of its own. */
export type DatabaseUrl = Omit<DatabaseAddress, "password">;

/**
 * `postgresql://user@host:5432/database?sslmode=…`. Fails with `usage`, in words that never repeat a part of the text that may be a
 * password, wherever somebody may have put one.
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/is.exec(text) ?? [];
  if (rest === undefined) throw wrong("--url does not begin with postgresql://.");
  refusePassword(rest);
  const [, authority = "", path = "", query = ""] = /^([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/s.exec(rest) ?? [];
  if (rest.includes("#")) throw wrong('--url has a "#". In a name it is written as %23.');
  const at = authority.lastIndexOf("@");
  const user = at === -1 ? "" : name(authority.slice(0, at), "user");
  if (user === "") throw wrong("--url names no user.");
  const { host, port } = hostAndPort(authority.slice(at + 1));
  const database = name(path, "database");
  if (database === "") throw wrong("--url names no database.");
  return { host, port, database, user, tls: tlsOf(query, host) };
}

/** The same as text that `parseDatabaseUrl` reads back. */
export function databaseUrl({ host, port, database, user, tls }: DatabaseUrl): string {
  const place = `${host.includes(":") ? `[${host}]` : host}${port === PORT_DEFAULT ? "" : `:${port}`}`;
  const mode = tls === tlsDefault(host) ? "" : `?sslmode=${tls}`;
  return `postgresql://${encodeURIComponent(user)}@${place}/${encodeURIComponent(database)}${mode}`;
}

/** For a prompt: why it is no address. */
export function databaseUrlProblem(text: string): string | undefined {
  try {
    parseDatabaseUrl(text);
    return undefined;
  } catch (error) {
    if (error instanceof KBrokerError)
      return error.message.replace(/^--url: /, "In the address: ").replace(/^--url /, "The address ");
    throw error;
  }
}

/** A password with "/", "?", "#" or "@" in it ends the address early for whoever reads it to the letter: it is refused all the same. */
function refusePassword(rest: string): void {
  const authority = rest.split(/[/?#]/, 1)[0] ?? "";
  const before = rest.slice(0, rest.lastIndexOf("@"));
  const place = authority.slice(0, authority.lastIndexOf("@"));
  const isUserOnly = authority.includes("@") && !place.includes(":");
  const inQuery = /[?&]\s*(password|passfile|sslpassword)\s*=/i.test(rest);
  if (inQuery || (rest.includes("@") && before.includes(":") && !isUserOnly)) {
    throw new KBrokerError("usage", "--url holds a password: it would be visible in ps and in the shell's history.", {
      hint: "Leave it out, and say where the broker finds it: --password-env KBROKER_SECRET_<NAME> (a variable of the broker),\nor --password-file <name> (a file in the folder of its --secrets-dir).",
    });
  }
}

function hostAndPort(place: string): { readonly host: string; readonly port: number } {
  const [, inBrackets, plainHost, port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(place) ?? [];
  const host = (inBrackets ?? plainHost ?? "").toLowerCase();
  if (host === "") throw wrong("--url names no host.");
  if (host.includes(",")) throw wrong("--url names several hosts; a connector reads from one.");
  if (host.startsWith("/") || host.includes("%2f")) throw wrong("--url names a socket; a connector connects over TCP.");
  const isHost = inBrackets === undefined ? isHostName(host) : isIPv6(host) && !host.includes("%");
  if (!isHost) throw wrong("--url names a host that is none.");
  return { host, port: portOf(port) };
}

function isHostName(host: string): boolean {
  if (/^[\d.]+$/.test(host)) return isIPv4(host);
  return host.length <= 253 && /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/.test(host);
}

function portOf(text: string | undefined): number {
  if (text === undefined) return PORT_DEFAULT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw wrong("--url names a port that is none: 1 to 65535.");
  return port;
}

function name(encoded: string, what: "user" | "database"): string {
  if (/[@/\s]/.test(encoded)) throw wrong(`--url: in the name of the ${what} "@", "/" and blanks are percent-encoded.`);
  const decoded = decodedOr(encoded);
  if (decoded === undefined) throw wrong(`--url: the name of the ${what} is not percent-encoded UTF-8.`);
  if (decoded.includes("\0")) throw wrong(`--url: the name of the ${what} has a character that is never in one.`);
  if (new TextEncoder().encode(decoded).length > NAME_BYTES_MAX)
    throw wrong(`--url: the name of the ${what} is over ${NAME_BYTES_MAX} bytes.`);
  return decoded;
}

function decodedOr(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function tlsOf(query: string, host: string): TlsMode {
  const pairs = query.split("&").filter((pair) => pair !== "");
  if (pairs.length === 0) return tlsDefault(host);
  const [[key, given = ""] = [], ...others] = pairs.map((pair) => pair.split("="));
  if (key !== "sslmode" || others.some(([other]) => other !== "sslmode"))
    throw wrong("--url has a parameter that is not known; sslmode is the only one.");
  if (others.length > 0) throw wrong("--url names sslmode twice.");
  const mode = TLS_MODES.find((known) => known === given);
  if (mode !== undefined) return mode;
  const instead = OTHER_MODES.get(given);
  if (instead === undefined) throw wrong(`--url: sslmode is one of ${TLS_MODES.join(", ")}.`);
  throw wrong(`--url: sslmode=${given} is not supported; give ${instead}.`);
}

/** Nobody listens in on the own machine; everywhere else the certificate and the name count. */
function tlsDefault(host: string): TlsMode {
  const isLoopback = host === "localhost" || (isIPv4(host) && host.startsWith("127.")) || isLoopback6(host);
  return isLoopback ? "disable" : "verify-full";
}

function isLoopback6(host: string): boolean {
  return isIPv6(host) && /^[0:]*:0*1$/.test(host);
}

function wrong(message: string): KBrokerError {
  return new KBrokerError("usage", message, { hint: `Write it like ${EXAMPLE}` });
}
