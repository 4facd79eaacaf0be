import fc from "fast-check";
import type { SubscriptionState } from "../../src/lib/domain/subscription.ts";
import { ENDPOINT } from "../support/broker.ts";
import { answered, broken } from "../support/consumer.ts";
import { type Action, action, subscriptionName, topicName } from "./action.ts";
import type { Doom } from "./fence.ts";
import { type Mode, newSubscription, newTopic } from "./ledger.ts";
import { takeOver } from "./letters.ts";
import { rewind, skip, undo } from "./moving.ts";
import { publish, publishAgain } from "./publishing.ts";
import { purge, redrive } from "./redriving.ts";
import { deleteSubscription, deleteTopic } from "./removing.ts";
import { schedule } from "./scheduling.ts";
import { setStateOf } from "./set-state.ts";
import { pass, stop } from "./world.ts";

const S = 1_000;
const MINUTE = 60 * S;
const HOUR = 60 * MINUTE;

const createTopic = fc.record({ name: topicName, ttlMs: fc.constantFrom(HOUR, 48 * HOUR) }).map(({ name, ttlMs }) =>
  action({
    text: `create topic ${name} (${ttlMs / HOUR} h)`,
    can: ({ ledger }) => !ledger.topics.has(name),
    async act({ ledger }, { broker }) {
      const { topic } = await broker.createTopic({ name, visibility: "private", ttlMs });
      ledger.topics.set(name, newTopic(name, topic.id, ttlMs));
    },
  }),
);

const createSubscription = fc
  .record({
    name: subscriptionName,
    topicName,
    from: fc.constantFrom("latest", "beginning"),
    retryDelaysMs: fc.constantFrom([S], [S, 5 * S], [S, S, 30 * S]),
    maxInFlight: fc.integer({ min: 1, max: 6 }),
  })
  .map(({ topicName, ...request }) =>
    action({
      text: `create ${request.name} on ${topicName} from ${request.from}, ${request.retryDelaysMs.join("+")} ms, ${request.maxInFlight} in flight`,
      can: ({ ledger }) => ledger.topics.has(topicName) && !ledger.subscriptions.has(request.name),
      async act({ ledger, clock }, { broker, engine }) {
        const topic = ledger.topics.get(topicName);
        if (topic === undefined) return;
        const alive = topic.log.findIndex(({ timeMs }) => timeMs + topic.ttlMs > clock.now());
        const from = request.from === "latest" || alive === -1 ? topic.log.length : alive;
        const { name, maxInFlight } = request;
        // Before it is asked for: the first push may come before the answer.
        const made = newSubscription({ name, topic, from, strikes: request.retryDelaysMs.length + 1, maxInFlight });
        ledger.subscriptions.set(name, made);
        const { subscription } = await broker.createSubscription({
          ...request,
          topic: topicName,
          endpoint: ENDPOINT,
          errors: "keep",
        });
        const errors = await broker.describeTopic(subscription.deadLetterTopic);
        made.errorsId = errors.topic.id;
        await takeOver(ledger, made, engine);
        // Last: a process that ended on the way has left letters that are taken over after it.
        made.id = subscription.id;
      },
    }),
  );

/** Two of them are longer than the shorter time to live; one is not, so that nothing comes and is trimmed between two looks at a log. */
const LONGEST = 50 * MINUTE;

const letPass = fc
  .constantFrom(
    ...[0, 100, S, S, S, 2 * S, 5 * S, 5 * S, 5 * S, 20 * S, 20 * S],
    MINUTE,
    5 * MINUTE,
    11 * MINUTE,
    LONGEST,
  )
  .map((ms) => action({ text: `let ${ms / S} s pass`, act: (world, life) => pass(world, life, ms) }));

const setState = fc
  .record({ name: subscriptionName, state: fc.constantFrom<SubscriptionState[]>("active", "paused") })
  .map(({ name, state }) =>
    action({
      text: `${state === "active" ? "resume" : "pause"} ${name}`,
      can: ({ ledger }) => ledger.subscriptions.has(name) && ledger.subscriptions.get(name)?.state !== state,
      act: ({ ledger }, { broker }) => setStateOf(ledger, broker, { name, state }),
    }),
  );

const setEndpoint = fc
  .record({
    name: subscriptionName,
    mode: fc.constantFrom<Mode[]>("up", "up", "refusing", "unavailable", "failing", "slow"),
  })
  .map(({ name, mode }) =>
    action({
      text: `the endpoint of ${name} is ${mode}`,
      can: ({ ledger }) => ledger.subscriptions.has(name) && ledger.subscriptions.get(name)?.mode !== mode,
      async act({ ledger }) {
        const subscription = ledger.subscriptions.get(name);
        if (subscription !== undefined) subscription.mode = mode;
      },
    }),
  );

const ANSWERS = { "204": answered(204), "500": answered(500), nothing: broken };

const answerHeld = fc
  .record({
    name: subscriptionName,
    outcome: fc.constantFrom<(keyof typeof ANSWERS)[]>("204", "204", "500", "nothing"),
    all: fc.boolean(),
  })
  .map(({ name, outcome, all }) =>
    action({
      text: `${name} answers ${all ? "all" : "one"} of what it keeps waiting with ${outcome}`,
      can: ({ endpoints }) => endpoints.heldCount(name) > 0,
      act: async ({ endpoints }) => endpoints.answer(name, ANSWERS[outcome], all),
    }),
  );

const crash = fc.constant(action({ text: "crash", act: async (_, { fence }) => fence.die() }));

const crashLater = fc
  .record({ writes: fc.integer({ min: 1, max: 12 }), point: fc.constantFrom<Doom["point"][]>("before", "after") })
  .map((doom) =>
    action({
      text: `crash ${doom.point} write ${doom.writes} from here`,
      act: async (_, { fence }) => fence.doom(doom),
    }),
  );

const restart = fc
  .constantFrom(0, S)
  .map((drainMs) =>
    action({ text: `stop (${drainMs / S} s) and start`, act: (world, life) => stop(world, life, drainMs) }),
  );

/** Everything that may happen, as often as it is worth it. */
export const anyAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 2, arbitrary: createTopic },
  { weight: 4, arbitrary: createSubscription },
  { weight: 16, arbitrary: publish },
  { weight: 4, arbitrary: publishAgain },
  { weight: 16, arbitrary: letPass },
  { weight: 2, arbitrary: schedule },
  { weight: 3, arbitrary: rewind },
  { weight: 5, arbitrary: redrive },
  { weight: 2, arbitrary: purge },
  { weight: 1, arbitrary: skip },
  { weight: 3, arbitrary: undo },
  { weight: 1, arbitrary: deleteSubscription },
  { weight: 1, arbitrary: deleteTopic },
  { weight: 6, arbitrary: setState },
  { weight: 5, arbitrary: setEndpoint },
  { weight: 5, arbitrary: answerHeld },
  { weight: 1, arbitrary: crash },
  { weight: 4, arbitrary: crashLater },
  { weight: 1, arbitrary: restart },
);
