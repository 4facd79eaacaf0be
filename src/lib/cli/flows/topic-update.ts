import type { RouteBody } from "../../api/routes.ts";
import type { TopicUpdateReply } from "../../api/topic.ts";
import { PARTITIONS_MAX } from "../../domain/layout.ts";
import { TOPIC_TTL_MS_MAX, TOPIC_TTL_MS_MIN, type Visibility } from "../../domain/topic.ts";
import type { DestructiveAct } from "../confirm.ts";
import { plural } from "../fields.ts";
import type { Prompter } from "../prompter.ts";
import { durationWithin, wholeNumberWithin } from "./answers.ts";
import type { Answered } from "./flow.ts";
import { askVisibility } from "./topic.ts";
import { updateFlow } from "./update.ts";

export interface TopicUpdateWish {
  readonly ttl?: string | undefined;
  readonly visibility?: Visibility | undefined;
  readonly partitions?: number | undefined;
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
    partitions: {
      flag: "--partitions",
      label: "how many partitions it has in Kafka",
      ask: async (prompter: Prompter) => ({ partitions: Number(await askPartitions(prompter)) }),
    },
  };
  return updateFlow(given, { ask, settings, line: `kbroker topic update ${name}` });
}

function askPartitions(prompter: Prompter): Promise<string> {
  const problem = wholeNumberWithin(1, PARTITIONS_MAX);
  return prompter.text({ message: "How many partitions? (more than now)", problem });
}

/** What the broker is asked for. */
export function topicUpdateBody({ ttl, visibility, partitions }: TopicUpdateWish): RouteBody<"topicUpdate"> {
  return {
    ...(ttl === undefined ? {} : { ttl }),
    ...(visibility === undefined ? {} : { visibility }),
    ...(partitions === undefined ? {} : { partitions }),
  };
}

/** What cannot be taken back of it; `undefined`: nothing. */
export function topicUpdateAct(name: string, plan: TopicUpdateReply): DestructiveAct | undefined {
  const { expires, layout, changes } = plan;
  const ttl = changes.find(({ setting }) => setting === "ttl")?.to ?? "";
  const grown = changes.find(({ setting }) => setting === "partitions");
  const messages = plural(expires, "message");
  const gone =
    layout?.imported === true
      ? `Leaves ${messages} of topic ${name} undelivered: older than ${ttl}.`
      : `Removes ${messages} of topic ${name} for good: older than ${ttl}.`;
  const more = [
    `Gives topic ${name} ${grown?.to} partitions instead of ${grown?.from}; they cannot be taken away again.`,
    "From then on a key may go to another partition than before, and so may an id",
    "that is published again: for ten minutes a repeat may be delivered.",
  ];
  if (expires === 0 && grown === undefined) return undefined;
  const question = grown === undefined ? `Keep messages of ${name} for ${ttl} only?` : `Change topic ${name}?`;
  return { name, does: [...(expires === 0 ? [] : [gone]), ...(grown === undefined ? [] : more)], question };
}

/** The command line that changes the same. */
export function topicUpdateLine(name: string, { ttl, visibility, partitions }: TopicUpdateWish): string[] {
  return [
    ...["kbroker", "topic", "update", name],
    ...(ttl === undefined ? [] : ["--ttl", ttl]),
    ...(visibility === undefined ? [] : [`--${visibility}`]),
    ...(partitions === undefined ? [] : ["--partitions", String(partitions)]),
  ];
}
