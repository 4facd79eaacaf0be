import type { Finding, Path } from "../../config/problem.ts";
import { durationText } from "../../domain/duration.ts";
import { MAX_IN_FLIGHT_DEFAULT, TIMEOUT_MS_DEFAULT } from "../../domain/subscription.ts";
import { TOPIC_TTL_MS_MAX } from "../../domain/topic.ts";
import { shellLine } from "../shell.ts";
import { inOrder } from "./document.ts";
import { wrong } from "./finding.ts";
import type { SubscriptionSetup, TopicSetup } from "./setup.ts";

/** Both sides of what is there already, and where it stands in the file. */
export interface Compared<T> {
  readonly file: T;
  readonly broker: T;
  readonly path: Path;
  /** The flags that lead to this broker; behind each command. */
  readonly where: readonly string[];
}

/** A setting as people write it, and the words behind `kbroker` that give the broker what the file has. */
interface Setting<T> {
  readonly key: string;
  readonly text: (of: T) => string;
  /** What a file that says nothing means. */
  readonly usual?: string;
  readonly command: (of: T) => readonly string[] | string;
}

export function topicDifferences(compared: Compared<TopicSetup>): readonly Finding[] {
  const update = ({ name }: TopicSetup, ...words: readonly string[]) => ["topic", "update", name, ...words];
  return [
    ...differences(compared, [
      {
        key: "visibility",
        text: ({ visibility }) => visibility,
        usual: "private",
        command: (topic) => update(topic, `--${topic.visibility}`),
      },
      {
        key: "ttl",
        text: ({ ttlMs }) => durationText(ttlMs),
        usual: durationText(TOPIC_TTL_MS_MAX),
        command: (topic) => update(topic, "--ttl", durationText(topic.ttlMs)),
      },
    ]),
    ...schemaDifference(compared),
    ...layoutDifferences(compared),
  ];
}

/** What the file leaves out is as the broker has it. Partitions are only ever added, and no command changes Kafka's settings. */
function layoutDifferences(compared: Compared<TopicSetup>): readonly Finding[] {
  const { file, broker } = compared;
  const stays = "It cannot be changed: correct the file.";
  const isMore = (file.partitions ?? 0) > (broker.partitions ?? 0);
  const more = ({ name, partitions }: TopicSetup) => ["topic", "update", name, "--partitions", String(partitions)];
  return differences(compared, [
    ...(file.partitions === undefined
      ? []
      : [
          {
            key: "partitions",
            text: ({ partitions }: TopicSetup) => String(partitions),
            command: isMore ? more : () => stays,
          },
        ]),
    ...(file.configs === undefined ? [] : [{ key: "configs", text: configsText, command: () => stays }]),
  ]);
}

function configsText({ configs = {} }: TopicSetup): string {
  const pairs = Object.entries(inOrder(configs)).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? "none" : pairs.join(",");
}

/** Its text is too long to be shown, and no command reads it out of this file. */
function schemaDifference({ file, broker, path, where }: Compared<TopicSetup>): Finding[] {
  if (file.schema === broker.schema) return [];
  const at = [...path, "schema"];
  const command = (...words: readonly string[]) => shellLine(["kbroker", "schema", ...words, ...where]);
  const [json, save] = [`${file.name}.json`, "Save the schema of the file as"];
  if (file.schema === undefined)
    return [
      wrong(
        at,
        "The broker has a schema, the file has none; a schema cannot be taken away.",
        `Take it into the file as schema: ${command("describe", file.name)}`,
      ),
    ];
  const [verb, message] =
    broker.schema === undefined
      ? ["create", "The broker has no schema, the file has one."]
      : ["update", "The broker has another schema than the file."];
  return [wrong(at, message, `${save} ${json}, then: ${command(verb, file.name, "--schema", json)}`)];
}

export function subscriptionDifferences(compared: Compared<SubscriptionSetup>): readonly Finding[] {
  const update = ({ name }: SubscriptionSetup, ...words: readonly string[]) => [
    "subscription",
    "update",
    name,
    ...words,
  ];
  const stays = ({ name }: SubscriptionSetup) =>
    `It cannot be changed: correct the file, or make it anew after: kbroker subscription delete ${name}`;
  return differences(compared, [
    { key: "topic", text: ({ topic }) => topic, command: stays },
    {
      key: "endpoint",
      text: ({ endpoint }) => endpoint,
      command: (wish) => update(wish, "--endpoint", wish.endpoint),
    },
    {
      key: "state",
      text: ({ state }) => state,
      usual: "active",
      command: ({ name, state }) => ["subscription", state === "active" ? "resume" : "pause", name],
    },
    {
      key: "retryDelays",
      text: delaysText,
      command: (wish) => update(wish, "--retry-delays", delaysText(wish)),
    },
    {
      key: "timeout",
      text: ({ timeoutMs }) => durationText(timeoutMs),
      usual: durationText(TIMEOUT_MS_DEFAULT),
      command: (wish) => update(wish, "--timeout", durationText(wish.timeoutMs)),
    },
    {
      key: "maxInFlight",
      text: ({ maxInFlight }) => String(maxInFlight),
      usual: String(MAX_IN_FLIGHT_DEFAULT),
      command: (wish) => update(wish, "--max-in-flight", String(wish.maxInFlight)),
    },
    {
      key: "permanentStatuses",
      text: statusesText,
      usual: "none",
      command: (wish) => update(wish, "--permanent-status", statusesText(wish)),
    },
    {
      key: "onRejecting",
      text: ({ onRejecting }) => onRejecting,
      usual: "hold",
      command: (wish) => update(wish, "--on-rejecting", wish.onRejecting),
    },
    { key: "deadLetterTopic", text: ({ deadLetterTopic }) => deadLetterTopic, command: stays },
  ]);
}

/** Of a dead letter topic that is there, whoever made it. */
export function letterTimeDifference({ file, broker, path, where }: Compared<SubscriptionSetup>): readonly Finding[] {
  const key = "deadLetterTtl";
  if (file.deadLetterTtlMs === undefined) return [];
  const text = ({ deadLetterTtlMs }: SubscriptionSetup) => durationText(deadLetterTtlMs ?? 0);
  const command = (wish: SubscriptionSetup) => ["topic", "update", wish.deadLetterTopic, "--ttl", text(wish)];
  return differences({ file, broker, path, where }, [{ key, text, command }]);
}

function differences<T>({ file, broker, path, where }: Compared<T>, settings: readonly Setting<T>[]): Finding[] {
  return settings.flatMap(({ key, text, usual, command }) => {
    const [wanted, there] = [text(file), text(broker)];
    if (wanted === there) return [];
    const words = command(file);
    const fix = typeof words === "string" ? words : shellLine(["kbroker", ...words, ...where]);
    const note = wanted === usual ? ", the default" : "";
    return [wrong([...path, key], `The broker has ${there}, the file has ${wanted}${note}.`, fix)];
  });
}

function delaysText({ retryDelaysMs }: SubscriptionSetup): string {
  return retryDelaysMs === undefined ? "default" : retryDelaysMs.map(durationText).join(",");
}

/** A set: the order means nothing. */
function statusesText({ permanentStatuses }: SubscriptionSetup): string {
  return permanentStatuses.length === 0 ? "none" : [...new Set(permanentStatuses)].sort((a, b) => a - b).join(",");
}
