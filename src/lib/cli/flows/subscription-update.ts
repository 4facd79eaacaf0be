import type { EndpointCheckReply, SubscriptionUpdateBody } from "../../api/subscription.ts";
import { MAX_IN_FLIGHT_DEFAULT } from "../../domain/subscription.ts";
import type { Prompter } from "../prompter.ts";
import { splitList } from "./answers.ts";
import { askEndpoint } from "./endpoint.ts";
import type { Answered } from "./flow.ts";
import {
  askMaxInFlight,
  askOnRejecting,
  askPermanentStatus,
  askRetryDelays,
  askTimeout,
  TIMEOUT_DEFAULT,
} from "./subscription-options.ts";
import { type PushOptions, pushBody, pushWords } from "./subscription-wish.ts";
import { updateFlow } from "./update.ts";

/** As text of the command line; the retry delays may be `default`, the default policy again. */
export interface SubscriptionUpdateWish extends PushOptions {
  readonly endpoint?: string | undefined;
}

export interface SubscriptionUpdateDeps {
  readonly name: string;
  readonly ask: Prompter | undefined;
  readonly checkEndpoint: (endpoint: string) => Promise<EndpointCheckReply>;
}

export function subscriptionUpdateFlow(
  given: SubscriptionUpdateWish,
  { name, ask, checkEndpoint }: SubscriptionUpdateDeps,
): Promise<Answered<SubscriptionUpdateWish>> {
  const settings = {
    endpoint: {
      flag: "--endpoint",
      label: "the endpoint",
      ask: async (prompter: Prompter) => ({ endpoint: await askEndpoint(prompter, checkEndpoint) }),
    },
    retryDelays: {
      flag: "--retry-delays",
      label: "when failed deliveries are tried again",
      ask: async (prompter: Prompter) => ({ retryDelays: (await askRetryDelays(prompter)) ?? "default" }),
    },
    timeout: {
      flag: "--timeout",
      label: "how long an answer may take",
      ask: async (prompter: Prompter) => ({ timeout: (await askTimeout(prompter)) ?? TIMEOUT_DEFAULT }),
    },
    maxInFlight: {
      flag: "--max-in-flight",
      label: "how many messages are pushed at once",
      ask: async (prompter: Prompter) => ({ maxInFlight: (await askMaxInFlight(prompter)) ?? MAX_IN_FLIGHT_DEFAULT }),
    },
    permanentStatus: {
      flag: "--permanent-status",
      label: "which answers are final",
      ask: async (prompter: Prompter) => ({ permanentStatus: (await askPermanentStatus(prompter)) ?? "none" }),
    },
    onRejecting: {
      flag: "--on-rejecting",
      label: "what happens while it refuses whatever it gets",
      ask: async (prompter: Prompter) => ({ onRejecting: await askOnRejecting(prompter) }),
    },
  };
  return updateFlow<SubscriptionUpdateWish>(given, { ask, settings, line: `kbroker subscription update ${name}` });
}

export function subscriptionUpdateBody(wish: SubscriptionUpdateWish): SubscriptionUpdateBody {
  const { endpoint, retryDelays } = wish;
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(retryDelays === undefined ? {} : { retryDelays: retryDelays === "default" ? null : splitList(retryDelays) }),
    ...pushBody(wish),
  };
}

/** The command line that changes the same. */
export function subscriptionUpdateLine(name: string, wish: SubscriptionUpdateWish): string[] {
  const { endpoint } = wish;
  return [
    ...["kbroker", "subscription", "update", name],
    ...(endpoint === undefined ? [] : ["--endpoint", endpoint]),
    ...pushWords(wish),
  ];
}
