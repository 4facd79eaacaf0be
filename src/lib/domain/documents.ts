import type { RetryPolicy } from "./retry.ts";
import type { LastMove, Subscription } from "./subscription.ts";
import type { Topic, TopicSchema } from "./topic.ts";

/*
 * The catalog gives back JSON values. These say whether one has the shape that this version writes; a document that has another
 * shape is never guessed at.
 */

export function isTopic(value: unknown): value is Topic {
  return (
    isObject(value) &&
    isText(value.name) &&
    isText(value.id) &&
    (value.visibility === "public" || value.visibility === "private") &&
    (value.purpose === "messages" || value.purpose === "dead-letter") &&
    isCount(value.ttlMs) &&
    isCount(value.createdAtMs)
  );
}

export function isTopicSchema(value: unknown): value is TopicSchema {
  return (
    isObject(value) &&
    isText(value.topic) &&
    isText(value.topicId) &&
    isCount(value.version) &&
    isText(value.definition) &&
    isCount(value.createdAtMs)
  );
}

export function isSubscription(value: unknown): value is Subscription {
  return (
    isObject(value) &&
    [value.name, value.id, value.topic, value.topicId, value.endpoint, value.deadLetterTopic].every(isText) &&
    (value.state === "active" || value.state === "paused") &&
    isRetryPolicy(value.retry) &&
    [value.timeoutMs, value.maxInFlight, value.generation, value.createdAtMs].every(isCount) &&
    (value.lastMove === undefined || isLastMove(value.lastMove)) &&
    (value.permanentStatuses === undefined || isCounts(value.permanentStatuses)) &&
    (value.onRejecting === undefined || value.onRejecting === "hold" || value.onRejecting === "dead-letter") &&
    (value.pausedBecause === undefined || isText(value.pausedBecause))
  );
}

function isLastMove(value: unknown): value is LastMove {
  if (!isObject(value)) return false;
  const { job, kind, atMs } = value;
  return isText(job) && (kind === "rewind" || kind === "skip" || kind === "undo") && isCount(atMs);
}

function isRetryPolicy(value: unknown): value is RetryPolicy {
  if (!isObject(value)) return false;
  if (value.kind === "list") return isCounts(value.delaysMs);
  const { kind, strikesMax, firstDelayMs, factor, delayMsMax, jitter } = value;
  return kind === "exponential" && [strikesMax, firstDelayMs, delayMsMax].every(isCount) && isRatio(factor, jitter);
}

function isRatio(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === "number" && value >= 0);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isCount);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
