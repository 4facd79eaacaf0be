import type { RouteBody } from "../../api/routes.ts";
import type { Visibility } from "../../domain/topic.ts";
import { TOPIC_TTL_MS_MAX, TOPIC_TTL_MS_MIN } from "../../domain/topic.ts";
import type { AnswerProblem, Prompter } from "../prompter.ts";
import { durationWithin, freeName } from "./answers.ts";
import { type Answered, agreed, type Given, missing } from "./flow.ts";

const USAGE = "kbroker topic create <name>";
export const TTL_DEFAULT = "7d";

export interface TopicWish {
  readonly name: string;
  readonly visibility: Visibility;
  readonly ttl?: string | undefined;
  readonly schemaFile?: string | undefined;
  /** How it lies in Kafka; never asked for. */
  readonly layout?: LayoutGiven | undefined;
}

/** What the command line says of it. */
export interface LayoutGiven {
  readonly partitions?: number | undefined;
  readonly replicationFactor?: number | undefined;
  readonly configs?: Readonly<Record<string, string>>;
}

export interface TopicFlowDeps {
  /** Left out where nobody can be asked. */
  readonly ask: Prompter | undefined;
  readonly topicNames: () => Promise<readonly string[]>;
  readonly schemaFileProblem: AnswerProblem;
}

/** What topic to create: from the command line, or, where it names none, by asking for everything that it leaves open. */
export async function topicFlow(given: Given<TopicWish>, deps: TopicFlowDeps): Promise<Answered<TopicWish>> {
  const { name } = given;
  if (name !== undefined) return { wish: { ...given, name, visibility: given.visibility ?? "private" }, asked: false };
  if (deps.ask === undefined) throw missing(["<name>"], USAGE);
  const wish = await walk(given, deps, deps.ask);
  await agreed(deps.ask, summary(wish), `Create topic ${wish.name}?`);
  return { wish, asked: true };
}

async function walk(given: Given<TopicWish>, deps: TopicFlowDeps, ask: Prompter): Promise<TopicWish> {
  const problem = freeName("topic", await deps.topicNames());
  const name = await ask.text({ message: "Name of the topic", problem });
  const message = "How long are messages kept? (1h to 7d)";
  return { name, ...(await askRest(ask, given, { ...deps, ttlMessage: message })), layout: given.layout };
}

export interface RestOptions {
  readonly ttlMessage: string;
  readonly schemaFileProblem: AnswerProblem;
}

/** Everything but the name, as far as the command line leaves it open: the same for one that is created and one that is imported. */
export async function askRest(
  ask: Prompter,
  given: Given<TopicWish>,
  { ttlMessage, schemaFileProblem }: RestOptions,
): Promise<Omit<TopicWish, "name" | "layout">> {
  const visibility = given.visibility ?? (await askVisibility(ask));
  const ttl = given.ttl ?? (await askTtl(ask, ttlMessage));
  const schemaFile = given.schemaFile ?? (await askSchema(ask, visibility, schemaFileProblem));
  return { visibility, ttl: ttl === TTL_DEFAULT ? undefined : ttl, schemaFile };
}

export function askVisibility(ask: Prompter): Promise<Visibility> {
  return ask.choose({
    message: "Who may subscribe?",
    choices: [
      { value: "private", label: "private", about: "At most 5 subscriptions; a JSON Schema is optional." },
      {
        value: "public",
        label: "public",
        about: "Any number of subscriptions; needs a JSON Schema before the first message.",
      },
    ],
  });
}

function askTtl(ask: Prompter, message: string): Promise<string> {
  const problem = durationWithin({ minMs: TOPIC_TTL_MS_MIN, maxMs: TOPIC_TTL_MS_MAX });
  return ask.text({ message, initial: TTL_DEFAULT, problem });
}

async function askSchema(ask: Prompter, visibility: Visibility, problem: AnswerProblem): Promise<string | undefined> {
  const now = visibility === "public" ? "needed before the first message; empty: later" : "empty: none";
  const file = await ask.text({
    message: `File with its JSON Schema (${now})`,
    problem: (answer) => (answer === "" ? undefined : problem(answer)),
  });
  return file === "" ? undefined : file;
}

function summary({ name, visibility, ttl, schemaFile, layout = {} }: TopicWish): [string, string][] {
  const { partitions, replicationFactor, configs = {} } = layout;
  const settings = Object.entries(configs).map(([key, value]) => `${key}=${value}`);
  return [
    ["topic", name],
    ["visibility", visibility],
    ["kept", ttl ?? TTL_DEFAULT],
    ["schema", schemaFile ?? "none"],
    ...(partitions === undefined ? [] : [["partitions", String(partitions)] satisfies [string, string]]),
    ...(replicationFactor === undefined ? [] : [["replicas", String(replicationFactor)] satisfies [string, string]]),
    ...(settings.length === 0 ? [] : [["Kafka", settings.join(", ")] satisfies [string, string]]),
  ];
}

/** What the broker is asked for; its schema is put to it. */
export function topicBody({ name, visibility, ttl, layout = {} }: TopicWish): RouteBody<"topicCreate"> {
  const { partitions, replicationFactor, configs = {} } = layout;
  return {
    ...{ name, visibility },
    ...(ttl === undefined ? {} : { ttl }),
    ...(partitions === undefined ? {} : { partitions }),
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
    ...(Object.keys(configs).length === 0 ? {} : { configs }),
  };
}

/** The command line that creates the same topic. */
export function topicLine(wish: TopicWish): string[] {
  const { partitions, replicationFactor, configs = {} } = wish.layout ?? {};
  return [
    ...["kbroker", "topic", "create", ...topicWords(wish)],
    ...(partitions === undefined ? [] : ["--partitions", String(partitions)]),
    ...(replicationFactor === undefined ? [] : ["--replication-factor", String(replicationFactor)]),
    ...Object.entries(configs).flatMap(([key, value]) => ["--config", `${key}=${value}`]),
  ];
}

/** Name and flags that creating and importing have in common. */
export function topicWords({ name, visibility, ttl, schemaFile }: TopicWish): string[] {
  return [
    name,
    ...(visibility === "public" ? ["--public"] : []),
    ...(ttl === undefined ? [] : ["--ttl", ttl]),
    ...(schemaFile === undefined ? [] : ["--schema", schemaFile]),
  ];
}
