import { TOPIC_TTL_MS_MAX, TOPIC_TTL_MS_MIN, type Visibility } from "../../domain/topic.ts";
import type { Prompter } from "../prompter.ts";
import { durationWithin } from "./answers.ts";
import type { Answered } from "./flow.ts";
import { askVisibility } from "./topic.ts";
import { updateFlow } from "./update.ts";

export interface TopicUpdateWish {
  readonly ttl?: string | undefined;
  readonly visibility?: Visibility | undefined;
}

export function topicUpdateFlow(
  name: string,
  given: TopicUpdateWish,
  ask: Prompter | undefined,
): Promise<Answered<TopicUpdateWish>> {
  const problem = durationWithin({ minMs: TOPIC_TTL_MS_MIN, maxMs: TOPIC_TTL_MS_MAX });
  const settings = {
    ttl: {
      flag: "--ttl",
      label: "how long messages are kept",
      ask: async (prompter: Prompter) => ({
        ttl: await prompter.text({ message: "How long are messages kept? (1h to 7d)", problem }),
      }),
    },
    visibility: {
      flag: "--public or --private",
      label: "who may subscribe",
      ask: async (prompter: Prompter) => ({ visibility: await askVisibility(prompter) }),
    },
  };
  return updateFlow(given, { ask, settings, line: `kbroker topic update ${name}` });
}

/** The command line that changes the same. */
export function topicUpdateLine(name: string, { ttl, visibility }: TopicUpdateWish): string[] {
  return [
    ...["kbroker", "topic", "update", name],
    ...(ttl === undefined ? [] : ["--ttl", ttl]),
    ...(visibility === undefined ? [] : [`--${visibility}`]),
  ];
}
