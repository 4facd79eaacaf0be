import { KBrokerError } from "./error.ts";

export const TOPIC_NAME_LENGTH_MAX = 200;
const OTHER_NAME_LENGTH_MAX = 190;
/** The dead letter topic of a subscription is its name with this behind it. */
const DEAD_LETTER_SUFFIX = "_errors";
const RESERVED_PREFIX = "__kbroker";

export type NameKind = "topic" | "subscription" | "connector";

const LENGTH_MAX: Record<NameKind, number> = {
  topic: TOPIC_NAME_LENGTH_MAX,
  subscription: OTHER_NAME_LENGTH_MAX,
  connector: OTHER_NAME_LENGTH_MAX,
};

/** Why `name` cannot be given to a new topic or subscription, in words for a prompt; `undefined` when it can. */
export function nameProblem(kind: NameKind, name: string): string | undefined {
  const lengthMax = LENGTH_MAX[kind];
  if (name === "") return `A ${kind} needs a name.`;
  if (name.length > lengthMax)
    return `A ${kind} name has at most ${lengthMax} characters; this one has ${name.length}.`;
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return `A ${kind} name has only letters, digits, ".", "_" and "-".`;
  if (name === "." || name === "..") return `"${name}" is not a ${kind} name.`;
  if (name.startsWith(RESERVED_PREFIX)) return `Names that start with "${RESERVED_PREFIX}" are reserved.`;
  if (name.endsWith(DEAD_LETTER_SUFFIX))
    return `Names that end with "${DEAD_LETTER_SUFFIX}" are kept for dead letter topics.`;
  return undefined;
}

/** The same for a dead letter topic, whose name says what it is and can be no other topic's. */
export function deadLetterNameProblem(name: string): string | undefined {
  const base = name.slice(0, -DEAD_LETTER_SUFFIX.length);
  if (!name.endsWith(DEAD_LETTER_SUFFIX) || base === "")
    return `The name of a dead letter topic ends with "${DEAD_LETTER_SUFFIX}", such as "shared${DEAD_LETTER_SUFFIX}".`;
  const isTwice = base.endsWith(DEAD_LETTER_SUFFIX);
  if (!isTwice && name.length <= TOPIC_NAME_LENGTH_MAX) return nameProblem("topic", base);
  return isTwice
    ? `The name of a dead letter topic ends with "${DEAD_LETTER_SUFFIX}" once.`
    : `The name of a dead letter topic has at most ${TOPIC_NAME_LENGTH_MAX} characters; this one has ${name.length}.`;
}

/** Fails with `invalid_request` and the reason. */
export function checkName(kind: NameKind, name: string): void {
  const problem = nameProblem(kind, name);
  if (problem !== undefined) throw new KBrokerError("invalid_request", problem);
}

/** Two names with the same key conflict: Kafka folds `.` and `_` together in the names of its metrics. */
export function conflictKey(name: string): string {
  return name.replaceAll(".", "_");
}

export function deadLetterTopicOf(subscription: string): string {
  return `${subscription}${DEAD_LETTER_SUFFIX}`;
}
