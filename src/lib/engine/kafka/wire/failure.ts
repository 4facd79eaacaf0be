import { ProtocolError, protocolErrorsCodesById } from "@platformatic/kafka";
import { KBrokerError, messageOf } from "../../../domain/error.ts";
import { meaningOf, type WayCode } from "./meanings.ts";

/** What Kafka, or the way to it, said. Crosses the port as it is: its code and hint are for an operator. */
export class KafkaFailure extends KBrokerError {
  /** Kafka's own names, such as `NOT_LEADER_OR_FOLLOWER`; also `AUTHENTICATION`, and what `WayCode` has. The first one is the telling one. */
  readonly kafkaCodes: readonly string[];
  /** The whole answer, where there was one: an error of one partition does not take away what the others gave. */
  readonly response: unknown;

  /** `about`: what was asked, such as `topic "orders"`; Kafka's own words leave it out. */
  constructor(thrown: unknown, about?: string) {
    const codes = codesOf(thrown);
    const { code, hint } = meaningOf(codes, isPassing(codes));
    super(code, wordsOf(thrown, codes, about), { hint, cause: thrown, ...(code === "engine_unavailable" && RETRY) });
    this.kafkaCodes = codes;
    this.response = fieldOf(thrown, "response");
  }

  says(...codes: readonly string[]): boolean {
    return this.kafkaCodes.some((code) => codes.includes(code));
  }

  /** Whether the same call may well succeed a little later. */
  get isPassing(): boolean {
    return isPassing(this.kafkaCodes);
  }

  /** The same where a leader was asked: it may be named before it has the partition of a new topic. One that is gone is found out by looking. */
  get mayPassAtLeader(): boolean {
    return this.isPassing || this.says("UNKNOWN_TOPIC_OR_PARTITION");
  }
}

export function kafkaFailure(thrown: unknown, about?: string): KafkaFailure {
  return thrown instanceof KafkaFailure ? thrown : new KafkaFailure(thrown, about);
}

function isPassing(codes: readonly string[]): boolean {
  return codes.length > 0 && codes.every((code) => PASSING.has(code));
}

/** What an answer says of one of its parts; `about` as in `topic "orders"`. */
export function failureOf(errorCode: number, message: string | null = null, about?: string): KafkaFailure {
  // Newer brokers have errors that the library does not know.
  const isKnown = errorCode in protocolErrorsCodesById;
  return new KafkaFailure(new ProtocolError(isKnown ? errorCode : UNKNOWN_SERVER_ERROR, message), about);
}

const UNKNOWN_SERVER_ERROR = -1;
const RETRY = { retryAfterS: 5 };

/** The cluster is there, or will be: leaders move, coordinators load, replicas come back. */
const PASSING: ReadonlySet<string> = new Set([
  "NETWORK",
  "TIMEOUT",
  "CLOSED",
  "NO_TLS",
  "LEADER_NOT_AVAILABLE",
  "NOT_LEADER_OR_FOLLOWER",
  "REQUEST_TIMED_OUT",
  "BROKER_NOT_AVAILABLE",
  "REPLICA_NOT_AVAILABLE",
  "NETWORK_EXCEPTION",
  "COORDINATOR_LOAD_IN_PROGRESS",
  "COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR",
  "NOT_ENOUGH_REPLICAS",
  "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
  "NOT_CONTROLLER",
  "KAFKA_STORAGE_ERROR",
  "FENCED_LEADER_EPOCH",
  "UNKNOWN_LEADER_EPOCH",
  "OFFSET_NOT_AVAILABLE",
  "UNSTABLE_OFFSET_COMMIT",
  "THROTTLING_QUOTA_EXCEEDED",
  "UNKNOWN_TOPIC_ID",
  "INCONSISTENT_TOPIC_ID",
]);

function fieldOf(thrown: unknown, name: string): unknown {
  return typeof thrown === "object" && thrown !== null ? Reflect.get(thrown, name) : undefined;
}

/** Looks through causes and collected errors: the library wraps what it got, up to three deep. */
function* within(thrown: unknown, depth = 0): Generator<unknown> {
  if (typeof thrown !== "object" || thrown === null || depth > 5) return;
  yield thrown;
  const errors = fieldOf(thrown, "errors");
  if (Array.isArray(errors)) for (const each of errors) yield* within(each, depth + 1);
  yield* within(fieldOf(thrown, "cause"), depth + 1);
}

const UNTRUSTED = /^(ERR_TLS_CERT_.*|CERT_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*)$/;
const SYSTEM_CODES = /^(E[A-Z]{3,}|ERR_SSL_.*|ERR_TLS_.*)$/;

function codesOf(thrown: unknown): readonly string[] {
  const protocol = new Set<string>();
  let way: WayCode | undefined;
  let isRefused = false;
  for (const each of within(thrown)) {
    const [apiId, code] = [fieldOf(each, "apiId"), fieldOf(each, "code")];
    if (typeof apiId === "string") protocol.add(apiId);
    else if (code === "PLT_KFK_AUTHENTICATION") isRefused = true;
    way = worse(way, wayCode(each, code));
  }
  // What Kafka says of it tells more than that it was the authentication.
  if (isRefused) protocol.add("AUTHENTICATION");
  if (protocol.size > 0) return Array.from(protocol);
  return way === undefined ? [] : [way];
}

/** The library knows some of these only by their words. */
function wayCode(thrown: unknown, code: unknown): WayCode | undefined {
  const words = messageOf(thrown);
  if (thrown instanceof Error && thrown.constructor.name === "TimeoutError") return "TIMEOUT";
  if (code === "PLT_KFK_NETWORK" && words === "Connection closed") return "CLOSED";
  if (code === "PLT_KFK_USER" && words.startsWith("TLS handshake failed")) return "NO_TLS";
  if (code === "PLT_KFK_NETWORK" || code === "PLT_KFK_UNEXPECTED_CORRELATION_ID") return "NETWORK";
  if (typeof code !== "string") return undefined;
  if (UNTRUSTED.test(code)) return "CERTIFICATE";
  return SYSTEM_CODES.test(code) ? "NETWORK" : undefined;
}

/** That the network failed is the least that can be said. */
function worse(a: WayCode | undefined, b: WayCode | undefined): WayCode | undefined {
  return a === undefined || (a === "NETWORK" && b !== undefined) ? b : a;
}

const WAY_WORDS: Readonly<Record<WayCode, string>> = {
  NETWORK: "Kafka cannot be reached",
  TIMEOUT: "Kafka does not answer in time",
  CLOSED: "What listens there closed the connection without an answer",
  CERTIFICATE: "The certificate of what answers is not trusted",
  NO_TLS: "What listens there does not speak TLS",
};

/** What the broker says of this very case, where it does; else what its code means. */
function toldBy(thrown: unknown): string {
  const told = fieldOf(thrown, "serverErrorMessage");
  return typeof told === "string" && told !== "" ? told : messageOf(thrown);
}

/** The innermost words are the telling ones, with Kafka's own name for it. */
function wordsOf(thrown: unknown, codes: readonly string[], about: string | undefined): string {
  const all = Array.from(within(thrown), (each) => toldBy(each)).filter((text) => text !== "");
  const told = all.at(-1) ?? "Kafka failed.";
  const [first] = codes;
  if (first === undefined) return told;
  const way = Object.hasOwn(WAY_WORDS, first) ? Object.entries(WAY_WORDS).find(([code]) => code === first) : undefined;
  if (way !== undefined) return `${way[1]}: ${told}`;
  const names = codes.filter((code) => code !== "AUTHENTICATION" || codes.length === 1);
  return `Kafka: ${names.join(", ")}${about === undefined ? "" : ` for ${about}`}. ${told}`;
}
