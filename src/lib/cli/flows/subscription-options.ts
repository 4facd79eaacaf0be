import { PERMANENT_STATUSES_RECOMMENDED } from "../../domain/permanent-status.ts";
import {
  MAX_IN_FLIGHT_DEFAULT,
  MAX_IN_FLIGHT_MAX,
  type OnRejecting,
  TIMEOUT_MS_MAX,
  TIMEOUT_MS_MIN,
} from "../../domain/subscription.ts";
import type { Prompter } from "../prompter.ts";
import { durationWithin, permanentStatuses, retryDelays, startOfReading, wholeNumberWithin } from "./answers.ts";
import type { SubscriptionOptions } from "./subscription-wish.ts";

export const TIMEOUT_DEFAULT = "30s";

/** Asks for each option that `given` leaves open. The default stays out of the answer. */
export async function askOptions(ask: Prompter, given: SubscriptionOptions): Promise<SubscriptionOptions> {
  return {
    ...given,
    from: given.from ?? (await askFrom(ask)),
    retryDelays: given.retryDelays ?? (await askRetryDelays(ask)),
    timeout: given.timeout ?? (await askTimeout(ask)),
    maxInFlight: given.maxInFlight ?? (await askMaxInFlight(ask)),
    permanentStatus: given.permanentStatus ?? (await askPermanentStatus(ask)),
  };
}

async function askFrom(ask: Prompter): Promise<string | undefined> {
  const from = await ask.choose({
    message: "Where does it start?",
    choices: [
      { value: "latest", label: "after the newest message" },
      { value: "beginning", label: "at the oldest message that is kept" },
      { value: "time", label: "at a time" },
    ],
  });
  if (from === "latest") return undefined;
  return from === "beginning" ? from : ask.text({ message: "How long ago, or when?", problem: startOfReading });
}

export async function askRetryDelays(ask: Prompter): Promise<string | undefined> {
  const policy = await ask.choose({
    message: "When the endpoint fails on a message",
    choices: [
      {
        value: "default",
        label: "try 10 times, after 5s doubling to 5m",
        about: "About 20 minutes, then it is a dead letter.",
      },
      {
        value: "list",
        label: "try after delays of my own",
        about: "One more strike than delays, then it is a dead letter.",
      },
    ],
  });
  if (policy === "default") return undefined;
  return ask.text({ message: "Delays, with commas between", initial: "1s,5s,30s", problem: retryDelays });
}

export async function askTimeout(ask: Prompter): Promise<string | undefined> {
  const problem = durationWithin({ minMs: TIMEOUT_MS_MIN, maxMs: TIMEOUT_MS_MAX });
  const timeout = await ask.text({ message: "How long may an answer take?", initial: TIMEOUT_DEFAULT, problem });
  return timeout === TIMEOUT_DEFAULT ? undefined : timeout;
}

export async function askMaxInFlight(ask: Prompter): Promise<number | undefined> {
  const count = await ask.text({
    message: "How many messages at once, at most?",
    initial: String(MAX_IN_FLIGHT_DEFAULT),
    problem: wholeNumberWithin(1, MAX_IN_FLIGHT_MAX),
  });
  return Number(count) === MAX_IN_FLIGHT_DEFAULT ? undefined : Number(count);
}

export async function askPermanentStatus(ask: Prompter): Promise<string | undefined> {
  const recommended = PERMANENT_STATUSES_RECOMMENDED.join(",");
  const choice = await ask.choose({
    message: "Which answers are final?",
    choices: [
      {
        value: recommended,
        label: `${recommended} (recommended)`,
        about: "A message that the endpoint cannot read is a dead letter at once, not after twenty minutes of retries.",
      },
      { value: "none", label: "none: try again whatever it answers" },
      { value: "list", label: "statuses of my own" },
    ],
  });
  if (choice === "none") return undefined;
  if (choice !== "list") return choice;
  return ask.text({ message: "Statuses, with commas between", initial: recommended, problem: permanentStatuses });
}

export async function askOnRejecting(ask: Prompter): Promise<OnRejecting> {
  const choice = await ask.choose({
    message: "While the endpoint refuses whatever it gets for good",
    choices: [
      {
        value: "hold",
        label: "hold its messages",
        about: "A bad deploy does not empty the topic into the dead letters.",
      },
      { value: "dead-letter", label: "give each message up" },
    ],
  });
  return choice === "dead-letter" ? choice : "hold";
}
