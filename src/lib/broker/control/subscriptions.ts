import { cursorAt } from "../../domain/cursor.ts";
import { KBrokerError } from "../../domain/error.ts";
import { checkName, deadLetterTopicOf } from "../../domain/names.ts";
import { RETRY_DEFAULT } from "../../domain/retry.ts";
import {
  MAX_IN_FLIGHT_DEFAULT,
  type Subscription,
  type SubscriptionState,
  TIMEOUT_MS_DEFAULT,
} from "../../domain/subscription.ts";
import { PRIVATE_SUBSCRIPTIONS_MAX, TOPIC_TTL_MS_MAX, type Topic } from "../../domain/topic.ts";
import { allThatStay, subscriptionNamed, topicNamed } from "../lookup.ts";
import type { CreateSubscription, SubscriptionView } from "../requests/subscriptions.ts";
import { checkLimits } from "./check-limits.ts";
import { againOnConflict, allOrNothing, type Control, orOnConflict } from "./control.ts";
import { checkErrors, openErrors } from "./dead-letter-topic.ts";
import { lagOf } from "./lag.ts";
import { parseStartAt, startOffsets } from "./start-at.ts";
import { checkTtl } from "./topics.ts";

/** Creates a subscription: its position in every shard and its dead letter topic are durable before anyone can see it. */
export async function createSubscription(control: Control, request: CreateSubscription): Promise<SubscriptionView> {
  const { clock, engine } = control;
  checkName("subscription", request.name);
  checkFreeSubscription(control, request.name);
  const topic = topicFor(control, request);
  checkRoom(control, topic);
  checkEndpointText(control, request.endpoint);
  checkLimits(request);
  const at = parseStartAt(request.from ?? "latest", clock.now());
  const subscription = newSubscription(control, { request, topic });
  const errors = { subscription, errors: request.errors, ttlMs: request.deadLetterTtlMs ?? TOPIC_TTL_MS_MAX };
  checkTtl(errors.ttlMs);
  await checkErrors(control, errors);
  if (request.dryRun === true) return { subscription, ...NOT_KNOWN };

  await allOrNothing(async (undo) => {
    const letters = await openErrors(control, errors, undo);
    const identity = { topicId: topic.id, subscriptionId: subscription.id };
    const offsets = await startOffsets(control, topic, at);
    const start = offsets.map(({ shard, offset }) => ({ shard, cursor: cursorAt(offset, identity) }));
    await engine.cursors.init(subscription.id, [...start, ...letters], { name: subscription.name });
    undo(() => engine.cursors.forget(subscription.id));
    await orOnConflict(engine.catalog.put("subscription", subscription.name, subscription, 0), () =>
      exists(subscription.name, subscription.name),
    );
  }, control);
  return viewOf(control, subscription);
}

/** Of one that is not there. */
const NOT_KNOWN = {
  health: "unknown",
  healthReason: null,
  endpoint: null,
  lag: null,
  parked: null,
  deadLetters: null,
  setAside: null,
} as const;

/** The topic to read; for a dry run one that is still to be made will do. */
function topicFor({ view, clock }: Control, { topic: name, dryRun }: CreateSubscription): Topic {
  if (dryRun !== true || view.topic(name) !== undefined) return topicNamed(view, name).topic;
  const [visibility, purpose, ttlMs] = ["private", "messages", TOPIC_TTL_MS_MAX] as const;
  return { name, id: name, visibility, purpose, ttlMs, createdAtMs: clock.now() };
}

export async function listSubscriptions(control: Control): Promise<readonly SubscriptionView[]> {
  const { view } = control;
  const isGone = ({ name, id }: Subscription) => view.subscription(name)?.value.id !== id;
  return allThatStay(view.subscriptions(), (subscription) => viewOf(control, subscription), isGone);
}

export async function describeSubscription(control: Control, name: string): Promise<SubscriptionView> {
  return viewOf(control, subscriptionNamed(control.view, name).value);
}

/** Pauses or resumes; doing it twice is fine. Durable when it resolves. The owner pauses by itself where the endpoint is gone. */
export async function setState(control: Control, name: string, state: SubscriptionState): Promise<SubscriptionView> {
  const wanted = await againOnConflict(async () => {
    const { version, value } = subscriptionNamed(control.view, name);
    if (value.state === state) return value;
    const { pausedBecause: _, ...rest } = value;
    const changed = state === "active" ? { ...rest, state } : { ...value, state };
    await control.engine.catalog.put("subscription", name, changed, version);
    return changed;
  });
  return viewOf(control, wanted);
}

/** Fails with `endpoint_forbidden` and the reason when this can never be pushed to. */
export function checkEndpointText({ endpointProblem }: Control, endpoint: string): void {
  const problem = endpointProblem(endpoint);
  if (problem === undefined) return;
  throw new KBrokerError("endpoint_forbidden", problem, {
    hint: "Give the http or https URL that the consumer listens on, such as http://127.0.0.1:9000/events.",
  });
}

async function viewOf(control: Control, subscription: Subscription): Promise<SubscriptionView> {
  const { health, healthReason, endpoint, lag, parked, deadLetters, setAside } = await lagOf(control, subscription);
  return { subscription, health, healthReason, endpoint, lag, parked, deadLetters, setAside };
}

function newSubscription(
  { newId, clock }: Control,
  { request, topic }: { readonly request: CreateSubscription; readonly topic: Topic },
): Subscription {
  return {
    name: request.name,
    id: newId(),
    topic: topic.name,
    topicId: topic.id,
    endpoint: request.endpoint,
    state: request.state ?? "active",
    retry: request.retryDelaysMs === undefined ? RETRY_DEFAULT : { kind: "list", delaysMs: request.retryDelaysMs },
    timeoutMs: request.timeoutMs ?? TIMEOUT_MS_DEFAULT,
    maxInFlight: request.maxInFlight ?? MAX_IN_FLIGHT_DEFAULT,
    ...(request.permanentStatuses !== undefined && { permanentStatuses: request.permanentStatuses }),
    ...(request.onRejecting !== undefined && { onRejecting: request.onRejecting }),
    deadLetterTopic: request.deadLetterTopic ?? deadLetterTopicOf(request.name),
    generation: 0,
    createdAtMs: clock.now(),
  };
}

function checkRoom({ view }: Control, topic: Topic): void {
  const names = view.subscriptionsOf(topic).map(({ name }) => name);
  if (topic.visibility === "public" || names.length < PRIVATE_SUBSCRIPTIONS_MAX) return;
  throw new KBrokerError(
    "subscription_limit",
    `The private topic "${topic.name}" has ${names.length} subscriptions already: ${names.join(", ")}.`,
    { hint: `A private topic has at most ${PRIVATE_SUBSCRIPTIONS_MAX}; a public one has no such limit.` },
  );
}

function checkFreeSubscription({ view }: Control, name: string): void {
  const taken = view.subscriptionLike(name);
  if (taken !== undefined) throw exists(name, taken.name);
}

function exists(name: string, taken: string): KBrokerError {
  return name === taken
    ? new KBrokerError("subscription_exists", `A subscription "${name}" exists already.`, {
        hint: `kbroker subscription describe ${name}`,
      })
    : new KBrokerError(
        "subscription_exists",
        `"${name}" differs from the subscription "${taken}" only in "." and "_".`,
        { hint: "Choose a name that differs in another character." },
      );
}
