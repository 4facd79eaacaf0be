import { ProtocolError, protocolErrorsCodesById } from "@platformatic/kafka";
import { type Code, KBrokerError, messageOf } from "../../../domain/error.ts";

/** What Kafka, or the way to it, said. Crosses the port as it is: its code and hint are for an operator. */
export class KafkaFailure extends KBrokerError {
  /** Kafka's own names, such as `NOT_LEADER_OR_FOLLOWER`; also `NETWORK`, `TIMEOUT`, `AUTHENTICATION`. The first one is the telling one. */
  readonly kafkaCodes: readonly string[];
  /** The whole answer, where there was one: an error of one partition does not take away what the others gave. */
  readonly response: unknown;

  constructor(thrown: unknown) {
    const codes = codesOf(thrown);
    const { code, hint } = MEANINGS.find(({ of }) => codes.some((each) => of.includes(each))) ?? UNKNOWN;
    super(code, wordsOf(thrown, codes), { hint, cause: thrown, ...(code === "engine_unavailable" && RETRY) });
    this.kafkaCodes = codes;
    this.response = fieldOf(thrown, "response");
  }

  says(...codes: readonly string[]): boolean {
    return this.kafkaCodes.some((code) => codes.includes(code));
  }

  /** Whether the same call may well succeed a little later. */
  get isPassing(): boolean {
    return this.kafkaCodes.length > 0 && this.kafkaCodes.every((code) => PASSING.has(code));
  }
}

export function kafkaFailure(thrown: unknown): KafkaFailure {
  return thrown instanceof KafkaFailure ? thrown : new KafkaFailure(thrown);
}

/** What an answer says of one of its parts. */
export function failureOf(errorCode: number, message: string | null = null): KafkaFailure {
  // Newer brokers have errors that the library does not know.
  const isKnown = errorCode in protocolErrorsCodesById;
  return new KafkaFailure(new ProtocolError(isKnown ? errorCode : UNKNOWN_SERVER_ERROR, message));
}

const UNKNOWN_SERVER_ERROR = -1;
const RETRY = { retryAfterS: 5 };

/** The cluster is there, or will be: leaders move, coordinators load, replicas come back. */
const PASSING: ReadonlySet<string> = new Set([
  "NETWORK",
  "TIMEOUT",
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

interface Meaning {
  readonly of: readonly string[];
  readonly code: Code;
  readonly hint: string;
}

const MEANINGS: readonly Meaning[] = [
  {
    of: ["AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM", "ILLEGAL_SASL_STATE"],
    code: "engine_denied",
    hint: "Check the SASL mechanism, the user name and the password that this node connects with.",
  },
  {
    of: ["TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED"],
    code: "engine_denied",
    hint: "Give the node's user the ACLs that docs/kafka.md lists.",
  },
  {
    of: Array.from(PASSING),
    code: "engine_unavailable",
    hint: "Nothing is lost; try again. The node's log says what it cannot reach.",
  },
];

const UNKNOWN = { code: "engine_failed" as Code, hint: "The node's log has the whole error." };

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

const SYSTEM_CODES = /^(E[A-Z]{3,}|ERR_SSL_.*|ERR_TLS_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*|CERT_.*)$/;

function codesOf(thrown: unknown): readonly string[] {
  const [protocol, way] = [new Set<string>(), new Set<string>()];
  for (const each of within(thrown)) {
    const [apiId, code] = [fieldOf(each, "apiId"), fieldOf(each, "code")];
    const name = each instanceof Error ? each.constructor.name : "";
    if (typeof apiId === "string") protocol.add(apiId);
    else if (code === "PLT_KFK_AUTHENTICATION") protocol.add("AUTHENTICATION");
    else if (name === "TimeoutError") way.add("TIMEOUT");
    else if (code === "PLT_KFK_NETWORK" || code === "PLT_KFK_UNEXPECTED_CORRELATION_ID") way.add("NETWORK");
    else if (typeof code === "string" && SYSTEM_CODES.test(code)) way.add("NETWORK");
  }
  return protocol.size > 0 ? Array.from(protocol) : Array.from(way);
}

/** The innermost words are the telling ones, with Kafka's own name for it. */
function wordsOf(thrown: unknown, codes: readonly string[]): string {
  const all = Array.from(within(thrown), (each) => messageOf(each)).filter((text) => text !== "");
  const told = all.at(-1) ?? "Kafka failed.";
  return codes.length === 0 ? told : `Kafka: ${codes.join(", ")}. ${told}`;
}
