import type { DatabaseAddress } from "../../domain/connector.ts";
import type { Fault } from "../../domain/connector-report.ts";
import { hostPort, placeOf } from "./words.ts";

interface Network {
  readonly what: (address: DatabaseAddress) => string;
  readonly hint: (address: DatabaseAddress) => string;
}

const LISTEN = ({ host, port }: DatabaseAddress) =>
  `See that PostgreSQL runs and listens there (listen_addresses, port, firewall): psql -h ${host} -p ${port}`;
const NAME = ({ host }: DatabaseAddress) =>
  `See that the broker's machine resolves ${host}, or name another: kbroker connector update <name> --url …`;
const LOST = () =>
  "It is tried again. Should it go on, look into PostgreSQL's log and at what is between it and the broker.";
const TRUST = () =>
  "Start the broker with NODE_EXTRA_CA_CERTS naming the PEM file of the authority that signed the server's certificate, and use the host name that the certificate holds; ?sslmode=require in --url encrypts without checking who answers.";

/** What the operating system, the resolver, TLS and the driver say. */
const BY_CODE: Readonly<Record<string, Network>> = {
  ECONNREFUSED: { what: (at) => `nothing listens at ${hostPort(at)}`, hint: LISTEN },
  ENOTFOUND: { what: ({ host }) => `there is no address for ${host}`, hint: NAME },
  EAI_AGAIN: { what: ({ host }) => `the name server did not answer for ${host}`, hint: NAME },
  EHOSTUNREACH: { what: (at) => `there is no way to ${hostPort(at)}`, hint: LISTEN },
  ENETUNREACH: { what: (at) => `there is no way to ${hostPort(at)}`, hint: LISTEN },
  ETIMEDOUT: { what: (at) => `${hostPort(at)} does not answer`, hint: LISTEN },
  ECONNRESET: { what: (at) => `${hostPort(at)} broke the connection`, hint: LOST },
  EPIPE: { what: (at) => `${hostPort(at)} broke the connection`, hint: LOST },
};

/** The driver's own errors have no code. */
const BY_MESSAGE: readonly (readonly [RegExp, Network])[] = [
  [/^timeout expired$/, { what: (at) => `${hostPort(at)} does not answer in time`, hint: LISTEN }],
  [
    /does not support SSL/,
    {
      what: (at) => `${hostPort(at)} speaks no TLS`,
      hint: () => "Set ssl = on at the server, or say that the network is safe: ?sslmode=disable in --url.",
    },
  ],
  [/^Connection terminated|not queryable$/, { what: (at) => `${hostPort(at)} ended the connection`, hint: LOST }],
  [
    /error establishing an SSL connection/,
    { what: (at) => `what listens at ${hostPort(at)} is not PostgreSQL, or it refuses connections`, hint: LISTEN },
  ],
];

const TLS = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH|EPROTO)/;

/** `undefined`: it is about something else. */
export function networkFault(error: unknown, { address }: { readonly address: DatabaseAddress }): Fault | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const found = TLS.test(code)
    ? tls(error)
    : (BY_CODE[code] ?? BY_MESSAGE.find(([form]) => form.test(error.message))?.[1]);
  const network = error.name === "ForbiddenAddress" ? { what: () => error.message, hint: NAME } : found;
  if (network === undefined) return undefined;
  const message = `No connection to ${placeOf(address)}: ${network.what(address)}.`;
  return { code: "database_unreachable", message, hint: network.hint(address) };
}

function tls({ message }: Error): Network {
  return { what: (at) => `the certificate of ${hostPort(at)} is not trusted (${message})`, hint: TRUST };
}
