import { COMPATIBILITIES } from "./compatibility/compare.ts";
import type { Connector } from "./connector.ts";
import { CONNECTOR_STATUSES, type ConnectorReport, FAULT_CODES } from "./connector-report.ts";
import type { Deletion } from "./deletion.ts";
import { JOB_STATES, type Job } from "./job.ts";
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
    isCount(value.createdAtMs) &&
    (value.imported === undefined || isImported(value.imported)) &&
    isDeletionOrNone(value.deletion)
  );
}

function isImported(value: unknown): boolean {
  return isObject(value) && typeof value.isCompacted === "boolean";
}

export function isTopicSchema(value: unknown): value is TopicSchema {
  return (
    isObject(value) &&
    isText(value.topic) &&
    isText(value.topicId) &&
    isCount(value.version) &&
    isText(value.definition) &&
    isCount(value.createdAtMs) &&
    (value.compatibility === undefined || COMPATIBILITIES.some((mode) => mode === value.compatibility)) &&
    (value.forced === undefined || typeof value.forced === "boolean")
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
    (value.pausedBecause === undefined || isText(value.pausedBecause)) &&
    isDeletionOrNone(value.deletion)
  );
}

export function isConnector(value: unknown): value is Connector {
  return (
    isObject(value) &&
    [value.name, value.id, value.product, value.slot, value.publication].every(isText) &&
    value.kind === "postgresql" &&
    isDatabase(value.database) &&
    isListOf(value.tables, isConnectorTable) &&
    typeof value.ownsPublication === "boolean" &&
    (value.snapshot === "initial" || value.snapshot === "none") &&
    (value.onOversize === "stop" || value.onOversize === "skip") &&
    (value.state === "active" || value.state === "paused") &&
    [value.retainedBytesWarn, value.generation, value.incarnation, value.createdAtMs].every(isCount) &&
    isDeletionOrNone(value.deletion) &&
    (value.deletion === undefined || typeof Object(value.deletion).keepSlot === "boolean")
  );
}

function isDatabase(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { host, port, database, user, password, tls } = value;
  return (
    [host, database, user].every(isText) &&
    isCount(port) &&
    (tls === "disable" || tls === "require" || tls === "verify-full") &&
    (password === undefined || isSecretReference(password))
  );
}

function isSecretReference(value: unknown): boolean {
  return isObject(value) && (value.kind === "env" || value.kind === "file") && isText(value.name);
}

function isConnectorTable(value: unknown): boolean {
  return isObject(value) && [value.schema, value.table, value.topic, value.topicId].every(isText);
}

/** What the checkpoint holds is the source's to judge. */
export function isConnectorReport(value: unknown): value is ConnectorReport {
  if (!isObject(value)) return false;
  const { incarnation, status, sinceMs, fault, warnings, position, snapshot, counts, lag } = value;
  const { retryAtMs, lastChangeAtMs, retainedBytes, measuredAtMs } = value;
  return (
    [incarnation, sinceMs].every(isCount) &&
    CONNECTOR_STATUSES.some((known) => known === status) &&
    (fault === null || isFault(fault)) &&
    isListOf(warnings, isFault) &&
    "checkpoint" in value &&
    (position === null || isText(position)) &&
    (snapshot === null || (isObject(snapshot) && isListOf(snapshot.tables, isTableProgress))) &&
    isObject(counts) &&
    [counts.changes, counts.duplicates, counts.oversize].every(isCount) &&
    (lag === null || (isObject(lag) && [lag.bytes, lag.ms].every(isCount))) &&
    [retryAtMs, lastChangeAtMs, retainedBytes, measuredAtMs].every((number) => number === null || isCount(number)) &&
    (value.startsOver === undefined || typeof value.startsOver === "boolean")
  );
}

function isFault(value: unknown): boolean {
  return (
    isObject(value) && FAULT_CODES.some((code) => code === value.code) && isText(value.message) && isText(value.hint)
  );
}

function isTableProgress(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { schema, table, rows, rowsExpected, done } = value;
  return (
    [schema, table].every(isText) &&
    isCount(rows) &&
    (rowsExpected === null || isCount(rowsExpected)) &&
    typeof done === "boolean"
  );
}

export function isJob(value: unknown): value is Job {
  if (!isObject(value)) return false;
  const { id, state, subscription, subscriptionId, wish, node, createdAtMs, endedAtMs, error } = value;
  return (
    [id, subscription, subscriptionId, wish].every(isText) &&
    (node === undefined || isText(node)) &&
    JOB_STATES.some((known) => known === state) &&
    isCount(createdAtMs) &&
    (endedAtMs === null || isCount(endedAtMs)) &&
    (error === null || isText(error)) &&
    (value.ratePerS === null || isRatio(value.ratePerS)) &&
    (isMoveJob(value) || isRedriveJob(value))
  );
}

function isMoveJob(value: Readonly<Record<string, unknown>>): boolean {
  const { kind, generation, fromMs, toMs, clamped, targets, undone, inherited, saved, replays, messages } = value;
  return (
    (kind === "rewind" || kind === "skip" || kind === "undo") &&
    [generation, fromMs, toMs].every(isCount) &&
    typeof clamped === "boolean" &&
    isListOf(targets, isShardOffset) &&
    (undone === null || isUndone(undone)) &&
    isListOf(inherited, isReplay) &&
    isListOf(replays, isReplay) &&
    (saved === null || isListOf(saved, isSavedCursor)) &&
    (messages === null || isCount(messages))
  );
}

function isRedriveJob(value: Readonly<Record<string, unknown>>): boolean {
  const { kind, filter, includeSetAside, countMax, ends, saved, matched, asideMatched, redriven } = value;
  return (
    kind === "redrive" &&
    isFilter(filter) &&
    typeof includeSetAside === "boolean" &&
    (countMax === null || isCount(countMax)) &&
    isListOf(ends, isShardOffset) &&
    isListOf(saved, isSavedCursor) &&
    [matched, asideMatched ?? 0, redriven].every(isCount)
  );
}

/** One with a condition that is not known here would match too much. */
function isFilter(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { reason, class: errorClass, status, type, sinceMs, ...unknown } = value;
  return (
    Object.keys(unknown).length === 0 &&
    [reason, errorClass, type].every((text) => text === undefined || isText(text)) &&
    [status, sinceMs].every((number) => number === undefined || isCount(number))
  );
}

function isShardOffset(value: unknown): boolean {
  return isObject(value) && [value.shard, value.offset].every(isCount);
}

function isUndone(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { job, kind, generation, saved } = value;
  return isText(job) && (kind === "rewind" || kind === "skip") && isCount(generation) && isListOf(saved, isSavedCursor);
}

function isReplay(value: unknown): boolean {
  return isObject(value) && [value.shard, value.from, value.to].every(isCount) && isText(value.job);
}

function isSavedCursor(value: unknown): boolean {
  return isObject(value) && isCount(value.shard) && isText(value.cursor);
}

function isListOf(value: unknown, is: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}

function isDeletionOrNone(value: unknown): value is Deletion | undefined {
  return value === undefined || (isObject(value) && isCount(value.atMs) && typeof value.purgeErrors === "boolean");
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
