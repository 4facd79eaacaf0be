import { z } from "zod";
import { found } from "../../config/found.ts";
import type { KnownKeys } from "../../config/known-keys.ts";
import { leaf, text, textWithout } from "../../config/leaf.ts";
import { parseDurationMs } from "../../domain/duration.ts";
import { PARTITIONS_MAX } from "../../domain/layout.ts";
import { deadLetterNameProblem, nameProblem } from "../../domain/names.ts";
import { PERMANENT_STATUSES_MAX, permanentStatusProblem } from "../../domain/permanent-status.ts";
import { RETRY_DELAY_MS_MAX, RETRY_DELAYS_MAX } from "../../domain/retry.ts";
import { MAX_IN_FLIGHT_MAX, TIMEOUT_MS_MAX, TIMEOUT_MS_MIN } from "../../domain/subscription.ts";
import { TOPIC_TTL_MS_MAX, TOPIC_TTL_MS_MIN } from "../../domain/topic.ts";
import { SETUP_VERSION } from "./setup.ts";

const version = leaf((value): value is number => value === SETUP_VERSION, {
  expected: `${SETUP_VERSION}, the version of this format`,
  fix: `Write version: ${SETUP_VERSION}; a file of a newer kbroker needs a kbroker that is as new.`,
});

function duration(
  key: string,
  example: string,
  { minMs, maxMs, range }: { minMs: number; maxMs: number; range: string },
) {
  const isWithin = (value: string) => {
    const ms = parseDurationMs(value);
    return ms !== undefined && ms >= minMs && ms <= maxMs;
  };
  const words = { expected: `a duration ${range}`, fix: `Write for instance ${key}: ${example}.` };
  return leaf((value): value is string => typeof value === "string" && isWithin(value), words);
}

const TTL = { minMs: TOPIC_TTL_MS_MIN, maxMs: TOPIC_TTL_MS_MAX, range: "between 1h and 7d" };

function oneOf<T extends string>(key: string, options: readonly [T, T]) {
  const [first, second] = options;
  return leaf((value): value is T => options.some((option) => option === value), {
    expected: `${first} or ${second}`,
    fix: `Write ${key}: ${first} or ${key}: ${second}.`,
  });
}

/** A sentence within a sentence. */
function reason(problemOf: (name: string) => string | undefined) {
  return (name: string) => problemOf(name)?.replace(/\.$/, "");
}

function isConfigs(value: unknown): value is Record<string, string> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length > 0 &&
    Object.values(value).every((one) => typeof one === "string")
  );
}

const topic = z.strictObject({
  name: textWithout(
    reason((name) => nameProblem("topic", name)),
    {
      expected: "the name of a topic",
      fix: "Write for instance name: orders.",
    },
  ),
  visibility: oneOf("visibility", ["private", "public"]).optional(),
  ttl: duration("ttl", "3d", TTL).optional(),
  partitions: leaf(
    (value): value is number =>
      typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= PARTITIONS_MAX,
    { expected: `a whole number from 1 to ${PARTITIONS_MAX}`, fix: "Write for instance partitions: 6." },
  ).optional(),
  configs: leaf(isConfigs, {
    expected: "settings of Kafka's topics, each a text",
    fix: 'Write for instance configs: {min.insync.replicas: "2"}.',
  }).optional(),
  schema: text({
    expected: "the JSON text of a JSON Schema",
    fix: "Write schema: | and below it the JSON, indented by two spaces more.",
  }).optional(),
});

const RETRY_DELAYS = {
  expected: `default, or a list of 1 to ${RETRY_DELAYS_MAX} durations between 1ms and 24h`,
  fix: "Write for instance retryDelays: [1s, 5s, 30s].",
};

const retryDelays = leaf(
  (value): value is "default" | string[] => value === "default" || retryDelaysProblem(value) === undefined,
  { ...RETRY_DELAYS, why: retryDelaysProblem },
);

function retryDelaysProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return "it is neither";
  if (value.length < 1 || value.length > RETRY_DELAYS_MAX) return `it has ${value.length} entries`;
  const wrong = value.find((one) => {
    const ms = typeof one === "string" ? parseDurationMs(one) : undefined;
    return ms === undefined || ms < 1 || ms > RETRY_DELAY_MS_MAX;
  });
  return wrong === undefined ? undefined : `${found(wrong)} is no such duration`;
}

const permanentStatuses = leaf((value): value is number[] => statusesProblem(value) === undefined, {
  expected: "a list of statuses from 300 to 599",
  fix: "Write for instance permanentStatuses: [400, 422].",
  why: (value) => (Array.isArray(value) ? statusesProblem(value) : undefined),
});

function statusesProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return "it is no list";
  if (value.length > PERMANENT_STATUSES_MAX)
    return `it has ${value.length}, and ${PERMANENT_STATUSES_MAX} are the most`;
  for (const status of value) {
    const problem = typeof status === "number" ? permanentStatusProblem(status) : `${found(status)} is no status.`;
    if (problem !== undefined) return problem.replace(/\.$/, "");
  }
  return undefined;
}

const subscription = z.strictObject({
  name: textWithout(
    reason((name) => nameProblem("subscription", name)),
    {
      expected: "the name of a subscription",
      fix: "Write for instance name: billing.",
    },
  ),
  topic: text({ expected: "the name of the topic to read", fix: "Write for instance topic: orders." }),
  endpoint: text({
    expected: "the URL that events are POSTed to",
    fix: "Write for instance endpoint: http://127.0.0.1:9000/events.",
  }),
  state: oneOf("state", ["active", "paused"]).optional(),
  retryDelays: retryDelays.optional(),
  timeout: duration("timeout", "30s", {
    minMs: TIMEOUT_MS_MIN,
    maxMs: TIMEOUT_MS_MAX,
    range: "between 1s and 120s",
  }).optional(),
  maxInFlight: leaf(
    (value): value is number =>
      typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_IN_FLIGHT_MAX,
    { expected: `a whole number from 1 to ${MAX_IN_FLIGHT_MAX}`, fix: "Write for instance maxInFlight: 100." },
  ).optional(),
  permanentStatuses: permanentStatuses.optional(),
  onRejecting: oneOf("onRejecting", ["hold", "dead-letter"]).optional(),
  deadLetterTopic: textWithout(reason(deadLetterNameProblem), {
    expected: "the name of a dead letter topic",
    fix: "Write for instance deadLetterTopic: shared_errors.",
  }).optional(),
  deadLetterTtl: duration("deadLetterTtl", "7d", TTL).optional(),
});

/** The file of `broker export` and `broker import`. Ours alone, so nothing unknown is let through; what is left out has its default. */
export const setupFile = z.strictObject({
  version,
  topics: z.array(topic).default([]),
  subscriptions: z.array(subscription).default([]),
});

export const setupKeys: readonly KnownKeys[] = [
  { path: [], keys: Object.keys(setupFile.shape) },
  { path: ["topics", "*"], keys: Object.keys(topic.shape) },
  { path: ["subscriptions", "*"], keys: Object.keys(subscription.shape) },
];
