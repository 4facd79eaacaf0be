import type { IncomingMessage } from "node:http";
import { KBrokerError } from "../domain/error.ts";

/** Values that were found to be listed; beyond this many they are simply looked at again. */
const REMEMBERED_MAX = 1_000;
const HOST = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]]+)(?::\d{1,5})?$/;

export type Guard = (request: IncomingMessage) => KBrokerError | undefined;

/**
 * Since any content type is accepted, a web page could publish without asking, and with DNS rebinding reach the admin
 * routes. So a request must name a listed Host (any port), and where a browser says whose page it comes from, that must be
 * a listed host, too. `listed`: host names in lower case, IPv6 in brackets.
 */
export function browserGuard(listed: ReadonlySet<string>): Guard {
  const [hosts, origins] = [new Set<string>(), new Set<string>()];
  return (request) => {
    const seen = guardHeaders(request.rawHeaders);
    if (seen === "twice") return new KBrokerError("invalid_request", "The header Host or Origin came twice.");
    const { host, origin, site } = seen;
    if (host === undefined || host === "")
      return new KBrokerError("invalid_request", "The request has no Host header.");
    if (!remembered(hosts, host, () => isListed(host, request, listed))) return foreignHost(host);
    const target = request.url ?? "/";
    if (!target.startsWith("/") && !isListedUrl(target, listed)) return foreignHost(target);
    if (origin !== undefined && !remembered(origins, origin, () => isListedUrl(origin, listed))) return foreign(origin);
    return site?.toLowerCase() === "cross-site" ? foreign(origin ?? "another site") : undefined;
  };
}

/** The host of `text` (`name`, `name:port`, `[v6]:port`) in lower case; `undefined` when it is none. */
export function hostOf(text: string): string | undefined {
  return HOST.exec(text.toLowerCase())?.[1];
}

interface GuardHeaders {
  host?: string;
  origin?: string;
  site?: string;
}

function guardHeaders(rawHeaders: readonly string[]): GuardHeaders | "twice" {
  const seen: GuardHeaders = {};
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const field = guardField(rawHeaders[index] ?? "");
    if (field === undefined) continue;
    if (seen[field] !== undefined) return "twice";
    seen[field] = rawHeaders[index + 1] ?? "";
  }
  return seen;
}

/** Looks at the length first: this runs for each header of each request. */
function guardField(name: string): keyof GuardHeaders | undefined {
  if (name.length === 4 && name.toLowerCase() === "host") return "host";
  if (name.length === 6 && name.toLowerCase() === "origin") return "origin";
  if (name.length === 14 && name.toLowerCase() === "sec-fetch-site") return "site";
  return undefined;
}

function remembered(known: Set<string>, value: string, look: () => boolean): boolean {
  if (known.has(value)) return true;
  if (!look()) return false;
  if (known.size < REMEMBERED_MAX) known.add(value);
  return true;
}

/** The address that this very connection came in on is listed as well: a name that was rebound is never a literal address. */
function isListed(value: string, { socket }: IncomingMessage, listed: ReadonlySet<string>): boolean {
  const host = hostOf(value);
  const local = socket.localAddress?.replace(/^::ffff:/, "");
  return host !== undefined && (listed.has(host) || host === local || host === `[${local}]`);
}

function isListedUrl(text: string, listed: ReadonlySet<string>): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && listed.has(url.hostname);
}

function foreignHost(host: string): KBrokerError {
  return new KBrokerError("forbidden", `The broker does not answer to the host "${host.slice(0, 200)}".`, {
    hint: "Start it with --allowed-host <name> if this name is its own.",
  });
}

function foreign(origin: string): KBrokerError {
  return new KBrokerError("forbidden", `The request comes from a web page of ${origin.slice(0, 200)}.`, {
    hint: "Start the broker with --allowed-host <name> if that page may use it.",
  });
}
