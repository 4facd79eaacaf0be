import { isIP } from "node:net";

/** Nothing is sent to this address, by policy. Its message is complete. */
export class ForbiddenAddress extends Error {
  override readonly name = "ForbiddenAddress";
}

export interface Place {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
}

/** What went wrong before any byte was sent, for whoever reads it at 3 a.m. */
export function connectionWords(error: unknown, { host, port, connectTimeoutMs }: Place): string {
  if (error instanceof ForbiddenAddress) return error.message;
  const code = codeOf(error);
  const at = addressesOf(error) ?? hostPort(host, port);
  if (code === "ECONNREFUSED") return `connection refused at ${at}`;
  if (code === "ENOTFOUND") return `no address for host ${host}`;
  if (code === "EAI_AGAIN") return `the name server did not answer for host ${host}`;
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH") return `no route to ${at}`;
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT") {
    return `no connection to ${hostPort(host, port)} within ${connectTimeoutMs / 1_000}s`;
  }
  if (isTls(code)) return `TLS: ${reasonOf(error)} at ${hostPort(host, port)}`;
  return `no connection to ${hostPort(host, port)}: ${reasonOf(error)}`;
}

/** Set where the trouble is in how the endpoint is set up: its name, or its certificate. */
export interface Fault {
  readonly fault?: "dns" | "tls";
}

export function connectionFault(error: unknown): Fault {
  const code = codeOf(error);
  if (error instanceof ForbiddenAddress || code === "ENOTFOUND" || code === "EAI_AGAIN") return { fault: "dns" };
  return isTls(code) ? { fault: "tls" } : {};
}

/** What went wrong after the request was on its way. */
export function brokenWords(error: unknown): string {
  const code = codeOf(error);
  if (code === "ECONNRESET") return "the connection was reset before an answer";
  if (code === "EPIPE" || code === "UND_ERR_SOCKET") return "the connection ended before an answer";
  if (code === "UND_ERR_HEADERS_OVERFLOW") return "the headers of the answer are over 16 KB";
  if (error instanceof Error && error.name === "HTTPParserError")
    return `the answer is not HTTP/1.1 (${error.message})`;
  return `the connection broke before an answer: ${reasonOf(error)}`;
}

function isTls(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH|EPROTO)/.test(code);
}

/** OpenSSL's own messages begin with numbers; `reason` is their readable part. */
function reasonOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  if ("reason" in error && typeof error.reason === "string") return error.reason;
  return "message" in error && typeof error.message === "string" ? error.message : "unknown error";
}

function codeOf(error: unknown): string {
  const has = typeof error === "object" && error !== null && "code" in error;
  return has && typeof error.code === "string" ? error.code : "";
}

/** Each address that was tried, where the error tells. */
function addressesOf(error: unknown): string | undefined {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const places = errors.flatMap((each) => {
    if (typeof each !== "object" || each === null || !("address" in each) || !("port" in each)) return [];
    return [hostPort(String(each.address), Number(each.port))];
  });
  return places.length === 0 ? undefined : places.join(" and ");
}

function hostPort(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
