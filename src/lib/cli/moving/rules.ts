import type { Finding } from "../../config/problem.ts";
import { durationText } from "../../domain/duration.ts";
import { conflictKey } from "../../domain/names.ts";
import { PRIVATE_SUBSCRIPTIONS_MAX } from "../../domain/topic.ts";
import { wrong } from "./finding.ts";
import type { BrokerState } from "./read-broker.ts";
import type { Setup, SubscriptionSetup } from "./setup.ts";

/** What cannot be, over several entries of the file, and together with what the broker has. */
export function ruleFindings(setup: Setup, state: BrokerState): readonly Finding[] {
  return [
    ...namedTwice("topics", setup.topics),
    ...namedTwice("subscriptions", setup.subscriptions),
    ...withoutTopic(setup, state),
    ...tooMany(setup, state),
    ...letterTimes(setup),
  ];
}

function namedTwice(list: "topics" | "subscriptions", entries: readonly { readonly name: string }[]): Finding[] {
  const first = new Map<string, string>();
  return entries.flatMap(({ name }, index) => {
    const key = conflictKey(name);
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, name);
      return [];
    }
    const path = [list, index, "name"];
    if (other === name) return [wrong(path, `"${name}" stands here a second time.`, "Keep one of the two.")];
    const message = `"${name}" differs from "${other}" only in "." and "_".`;
    return [wrong(path, message, "Choose a name that differs in another character.")];
  });
}

function withoutTopic({ topics, subscriptions }: Setup, state: BrokerState): Finding[] {
  const there = new Set([...topics, ...state.topics].map(({ name }) => name));
  const made = madeInOrder(subscriptions, there);
  return subscriptions.flatMap(({ topic }, index) =>
    made.topics.has(topic)
      ? []
      : [
          wrong(
            ["subscriptions", index, "topic"],
            `There is no topic "${topic}", neither in the file nor on the broker.`,
            "Add it to topics, or correct the name.",
          ),
        ],
  );
}

interface Made {
  readonly order: readonly SubscriptionSetup[];
  readonly topics: ReadonlySet<string>;
}

/** A subscription brings its dead letter topic along, which others may read: those come after it. What can never be made is left out. */
export function madeInOrder(subscriptions: readonly SubscriptionSetup[], there: ReadonlySet<string>): Made {
  const topics = new Set(there);
  const order: SubscriptionSetup[] = [];
  let left = subscriptions;
  for (;;) {
    const ready = left.filter(({ topic }) => topics.has(topic));
    if (ready.length === 0) return { order, topics };
    order.push(...ready);
    for (const { deadLetterTopic } of ready) topics.add(deadLetterTopic);
    left = left.filter((one) => !ready.includes(one));
  }
}

/** Those of the file and those that only the broker has, together. */
function tooMany({ topics, subscriptions }: Setup, state: BrokerState): Finding[] {
  const named = new Set(subscriptions.map(({ name }) => name));
  return topics.flatMap(({ name, visibility }, index) => {
    const readers = [
      ...subscriptions.filter(({ topic }) => topic === name),
      ...state.subscriptions.filter((one) => one.topic === name && !named.has(one.name)),
    ];
    if (visibility === "public" || readers.length <= PRIVATE_SUBSCRIPTIONS_MAX) return [];
    const message = `The private topic "${name}" would have ${readers.length} subscriptions; ${PRIVATE_SUBSCRIPTIONS_MAX} are the most.`;
    return [wrong(["topics", index, "name"], message, "Make it public, or take subscriptions out.")];
  });
}

function letterTimes({ subscriptions }: Setup): Finding[] {
  const first = new Map<string, { readonly name: string; readonly ttlMs: number }>();
  return subscriptions.flatMap(({ name, deadLetterTopic, deadLetterTtlMs: ttlMs }, index) => {
    if (ttlMs === undefined) return [];
    const other = first.get(deadLetterTopic) ?? { name, ttlMs };
    first.set(deadLetterTopic, other);
    if (other.ttlMs === ttlMs) return [];
    const [one, two] = [durationText(ttlMs), durationText(other.ttlMs)];
    const message = `"${deadLetterTopic}" would keep dead letters for ${one}, and for ${two} with "${other.name}".`;
    return [wrong(["subscriptions", index, "deadLetterTtl"], message, "Write the same time for both.")];
  });
}
