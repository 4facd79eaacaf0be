import type { DatabaseAddress } from "./connector.ts";
import { secretProblem } from "./secret.ts";

const HOST_LENGTH_MAX = 253;

/** Why nothing can be reached at such an address, in words; `undefined` when something may. */
export function databaseProblem({ host, port, database, user, password }: DatabaseAddress): string | undefined {
  if (!isHost(host))
    return `"${shown(host)}" is no host: give a name or an IP address, without a port, brackets, a user or a path.`;
  if (!Number.isSafeInteger(port) || port < 1 || port > 65_535)
    return `The port is ${port}; it must be between 1 and 65535.`;
  if (!isIdentifier(database)) return `"${shown(database)}" is no name of a database.`;
  if (!isIdentifier(user)) return `"${shown(user)}" is no name of a user.`;
  return password === undefined ? undefined : secretProblem(password);
}

/** No path: drivers take one as the place of a socket on the broker's own machine. */
function isHost(host: string): boolean {
  if (host.length > HOST_LENGTH_MAX) return false;
  const isName = /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?$/.test(host) && !host.includes("..");
  return isName || /^[0-9A-Fa-f]*:[0-9A-Fa-f:.]+$/.test(host);
}

/** What ends a text for the database, or breaks a line of a log, is in no name. */
export function isIdentifier(name: string): boolean {
  return name !== "" && name.length <= 63 && !/[\p{Cc}\p{Cs}]/u.test(name);
}

function shown(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
