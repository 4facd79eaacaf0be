import { z } from "zod";
import { PERMANENT_STATUSES_MAX, permanentStatusProblem } from "../domain/permanent-status.ts";
import { RETRY_DELAY_MS_MAX, RETRY_DELAYS_MAX } from "../domain/retry.ts";
import { MAX_IN_FLIGHT_MAX, TIMEOUT_MS_MAX, TIMEOUT_MS_MIN } from "../domain/subscription.ts";
import { TOPIC_TTL_MS_MAX, TOPIC_TTL_MS_MIN } from "../domain/topic.ts";
import { change, count, duration, instant, switched } from "./common.ts";
import { endpointReply } from "./endpoint.ts";

const letterTtl = duration("The time to live of dead letters", {
  minMs: TOPIC_TTL_MS_MIN,
  maxMs: TOPIC_TTL_MS_MAX,
  range: "between 1h and 7d",
});

const answerTimeout = duration("The timeout", {
  minMs: TIMEOUT_MS_MIN,
  maxMs: TIMEOUT_MS_MAX,
  range: "between 1s and 120s",
});

const retryDelay = duration("A retry delay", {
  minMs: 1,
  maxMs: RETRY_DELAY_MS_MAX,
  range: "between 1ms and 24h",
});

const permanentStatus = z.number().superRefine((status, context) => {
  const message = permanentStatusProblem(status);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** Answers with one of these are final; none where the list is empty. */
const permanentStatuses = z.array(permanentStatus).max(PERMANENT_STATUSES_MAX);

/** What becomes of messages while the endpoint refuses whatever it gets for good. */
const onRejecting = z.enum(["hold", "dead-letter"]);

/** `POST /admin/v1/subscriptions`. The rules of the address are checked by the broker, which is what connects to it. */
export const subscriptionCreateBody = z.strictObject({
  name: z.string(),
  topic: z.string(),
  /** `http:` or `https:`. */
  endpoint: z.string(),
  /** `latest` (after the newest message; the default), `beginning`, an RFC 3339 time, or how long ago (`2h`). */
  from: z.string().optional(),
  /** The delay after each strike; one more strike than delays. Left out: 10 strikes, 5 s doubling to 5 min, ±20 %. */
  retryDelays: z.array(retryDelay).min(1).max(RETRY_DELAYS_MAX).optional(),
  timeout: answerTimeout.optional(),
  maxInFlight: z.number().int().min(1).max(MAX_IN_FLIGHT_MAX).optional(),
  permanentStatuses: permanentStatuses.optional(),
  /** Left out: `hold`. */
  onRejecting: onRejecting.optional(),
  /** `<name>_errors` when left out; several subscriptions may share one. Its name ends with `_errors`. */
  deadLetterTopic: z.string().optional(),
  /** How long a dead letter topic that is made here keeps its messages; left out: 7 days. One that is there stays as it is. */
  deadLetterTtl: letterTtl.optional(),
  /** Left out: `active`. One that is created paused has pushed nothing. */
  state: z.enum(["active", "paused"]).optional(),
  /** What becomes of dead letters that a deleted subscription left there; left out: `dead_letters_left` where there are any. */
  errors: z.enum(["keep", "purge"]).optional(),
  /** Only says whether it could be made, and what it would be. A topic that is not there yet counts as made before. */
  dryRun: z.boolean().default(false),
});

const retryReply = z.union([
  z.object({
    kind: z.literal("exponential"),
    strikesMax: count,
    firstDelayMs: count,
    factor: z.number(),
    delayMsMax: count,
    jitter: z.number(),
  }),
  z.object({ kind: z.literal("list"), delaysMs: z.array(count) }),
]);

export const subscriptionReply = z.object({
  name: z.string(),
  id: z.string(),
  topic: z.string(),
  endpoint: z.string(),
  state: z.enum(["active", "paused"]),
  health: z.enum(["ok", "degraded", "unknown"]),
  /** Why the health is not `ok`, in words. */
  healthReason: z.string().nullable(),
  ...endpointReply.shape,
  /** Why the broker itself paused it; `null` where it did not. */
  pausedBecause: z.string().nullable(),
  retry: retryReply,
  timeoutMs: count,
  maxInFlight: count,
  permanentStatuses: z.array(count),
  onRejecting,
  deadLetterTopic: z.string(),
  /** `null`: not known. */
  lag: count.nullable(),
  parked: count.nullable(),
  deadLetters: count.nullable(),
  setAside: count.nullable(),
  createdAt: instant,
});

export const subscriptionListReply = z.object({ items: z.array(subscriptionReply) });

/** `PATCH /admin/v1/subscriptions/<name>`. What is left out stays. */
export const subscriptionUpdateBody = z.strictObject({
  endpoint: z.string().optional(),
  /** `null`: the default again. */
  retryDelays: z.array(retryDelay).min(1).max(RETRY_DELAYS_MAX).nullable().optional(),
  timeout: answerTimeout.optional(),
  maxInFlight: z.number().int().min(1).max(MAX_IN_FLIGHT_MAX).optional(),
  permanentStatuses: permanentStatuses.optional(),
  onRejecting: onRejecting.optional(),
});

/** `changes` is empty where it was like that already. */
export const subscriptionUpdateReply = subscriptionReply.extend({ changes: z.array(change) });

/** `DELETE /admin/v1/subscriptions/<name>`. With `dryRun` it only says what would go. */
export const subscriptionDeleteQuery = z.strictObject({ purgeErrors: switched, dryRun: switched });

/** What went, as it was right before. */
export const subscriptionDeleteReply = z.object({
  name: z.string(),
  id: z.string(),
  topic: z.string(),
  /** Messages that it had not delivered; `null`: not known. */
  lag: count.nullable(),
  deadLetterTopic: z.string(),
  /** Messages in its dead letter topic: kept there, or gone where `errorsPurged`. */
  deadLetters: count,
  errorsPurged: z.boolean(),
});

/** `POST /admin/v1/endpoint-checks`: one `OPTIONS` request from the broker, under the rules of a push. */
export const endpointCheckBody = z.strictObject({ endpoint: z.string() });

export const endpointCheckReply = z.object({
  reachable: z.boolean(),
  /** The answer's status; any answer means that something listens there. */
  status: z.number().int().nullable(),
  /** What happened, in words. */
  message: z.string(),
  tookMs: z.number().nonnegative(),
});

export type SubscriptionCreateBody = z.input<typeof subscriptionCreateBody>;
export type SubscriptionReply = z.output<typeof subscriptionReply>;
export type SubscriptionListReply = z.output<typeof subscriptionListReply>;
export type SubscriptionDeleteReply = z.output<typeof subscriptionDeleteReply>;
export type SubscriptionUpdateBody = z.input<typeof subscriptionUpdateBody>;
export type SubscriptionUpdateReply = z.output<typeof subscriptionUpdateReply>;
export type EndpointCheckReply = z.output<typeof endpointCheckReply>;
