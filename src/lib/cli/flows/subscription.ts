import type { EndpointCheckReply } from "../../api/subscription.ts";
import type { TopicReply } from "../../api/topic.ts";
import { KBrokerError } from "../../domain/error.ts";
import { deadLetterTopicOf } from "../../domain/names.ts";
import type { Prompter } from "../prompter.ts";
import { freeName } from "./answers.ts";
import { askEndpoint } from "./endpoint.ts";
import { type Answered, agreed, type Given, missing } from "./flow.ts";
import { askOptions } from "./subscription-options.ts";
import type { SubscriptionWish } from "./subscription-wish.ts";

const USAGE = "kbroker subscription create <name> --topic <topic> --endpoint <url>";

export interface SubscriptionFlowDeps {
  readonly ask: Prompter | undefined;
  readonly topics: () => Promise<readonly TopicReply[]>;
  readonly subscriptionNames: () => Promise<readonly string[]>;
  readonly checkEndpoint: (endpoint: string) => Promise<EndpointCheckReply>;
}

/** What subscription to create. A name on the command line means that only what is required is asked for; none: everything. */
export async function subscriptionFlow(
  given: Given<SubscriptionWish>,
  deps: SubscriptionFlowDeps,
): Promise<Answered<SubscriptionWish>> {
  const { name, topic, endpoint } = given;
  if (name !== undefined && topic !== undefined && endpoint !== undefined) {
    return { wish: { ...given, name, topic, endpoint }, asked: false };
  }
  if (deps.ask === undefined) {
    const absent = { "<name>": name, "--topic": topic, "--endpoint": endpoint };
    throw missing(
      Object.entries(absent).map(([part, value]) => (value === undefined ? part : undefined)),
      USAGE,
    );
  }
  const wish = await walk(given, deps, deps.ask);
  await agreed(deps.ask, summary(wish), `Create subscription ${wish.name}?`);
  return { wish, asked: true };
}

async function walk(
  given: Given<SubscriptionWish>,
  deps: SubscriptionFlowDeps,
  ask: Prompter,
): Promise<SubscriptionWish> {
  const topic = given.topic ?? (await chooseTopic(ask, await deps.topics()));
  const name = given.name ?? (await askName(ask, await deps.subscriptionNames()));
  const endpoint = given.endpoint ?? (await askEndpoint(ask, deps.checkEndpoint));
  const options = given.name === undefined ? await askOptions(ask, given) : given;
  return { ...options, name, topic, endpoint };
}

function chooseTopic(ask: Prompter, topics: readonly TopicReply[]): Promise<string> {
  const open = topics.filter(({ purpose }) => purpose === "messages");
  if (open.length === 0) throw new KBrokerError("usage", "There is no topic yet.", { hint: "kbroker topic create" });
  const choices = open.map(({ name, visibility }) => ({ value: name, label: `${name} (${visibility})` }));
  return ask.choose({ message: "Topic to read", choices });
}

function askName(ask: Prompter, taken: readonly string[]): Promise<string> {
  return ask.text({ message: "Name of the subscription", problem: freeName("subscription", taken) });
}

function summary(wish: SubscriptionWish): [string, string][] {
  return [
    ["subscription", wish.name],
    ["topic", wish.topic],
    ["endpoint", wish.endpoint],
    ["starts", wish.from ?? "after the newest message"],
    ["retries", wish.retryDelays ?? "10 strikes, 5s doubling to 5m"],
    ["timeout", wish.timeout ?? "30s"],
    ["max in flight", String(wish.maxInFlight ?? 100)],
    ["permanent statuses", wish.permanentStatus ?? "none"],
    ["dead letters", wish.deadLetterTopic ?? deadLetterTopicOf(wish.name)],
  ];
}
