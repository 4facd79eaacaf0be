import { isIP } from "node:net";
import type { AddressGuard } from "./address.ts";

const ENDPOINT_LENGTH_MAX = 2_048;

/** Why nothing can ever be pushed to this endpoint, in words; `undefined` when it may be tried. */
export function endpointProblem(endpoint: string, guard: AddressGuard): string | undefined {
  const quoted = `"${endpoint.slice(0, 200)}"`;
  if (endpoint.length > ENDPOINT_LENGTH_MAX) return `The endpoint is over ${ENDPOINT_LENGTH_MAX} characters long.`;
  if (!URL.canParse(endpoint)) return `${quoted} is no URL; write it like http://127.0.0.1:9000/events.`;
  const url = new URL(endpoint);
  if (url.protocol !== "http:" && url.protocol !== "https:") return `${quoted} is no http or https URL.`;
  if (url.username !== "" || url.password !== "") {
    return "The endpoint holds a user name or a password; endpoints are shown in lists and logs, where a secret must not be.";
  }
  if (url.hash !== "") return `${quoted} has a fragment ("${url.hash.slice(0, 50)}"), which HTTP never sends.`;
  const host = hostOf(url);
  const problem = isIP(host) === 0 ? undefined : guard.problem(host);
  return problem === undefined ? undefined : `${quoted} cannot be used: ${problem}.`;
}

/** Without the brackets of an IPv6 literal. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}
