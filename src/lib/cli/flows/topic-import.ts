import type { RouteBody } from "../../api/routes.ts";
import type { TopicImportListReply } from "../../api/topic.ts";
import { KBrokerError } from "../../domain/error.ts";
import { plural } from "../fields.ts";
import type { AnswerProblem, Prompter } from "../prompter.ts";
import { type Answered, agreed, type Given, missing } from "./flow.ts";
import { askRest, type TopicWish, TTL_DEFAULT, topicBody, topicWords } from "./topic.ts";

const USAGE = "kbroker topic import <name>";

type ImportWish = Omit<TopicWish, "layout">;
type Importable = TopicImportListReply["items"][number];

export interface TopicImportDeps {
  /** Left out where nobody can be asked. */
  readonly ask: Prompter | undefined;
  readonly importable: () => Promise<readonly Importable[]>;
  readonly schemaFileProblem: AnswerProblem;
}

/** What Kafka topic to import: from the command line, or, where it names none, chosen from those that there are. */
export async function topicImportFlow(given: Given<ImportWish>, deps: TopicImportDeps): Promise<Answered<ImportWish>> {
  const { name } = given;
  if (name !== undefined) return { wish: { ...given, name, visibility: given.visibility ?? "private" }, asked: false };
  if (deps.ask === undefined) throw missing(["<name>"], USAGE);
  const wish = await walk(given, deps, deps.ask);
  await agreed(deps.ask, summary(wish), `Import topic ${wish.name}?`);
  return { wish, asked: true };
}

async function walk(given: Given<ImportWish>, deps: TopicImportDeps, ask: Prompter): Promise<ImportWish> {
  const choices = (await deps.importable()).map(({ name, partitions }) => ({
    ...{ value: name, label: name, about: plural(partitions, "partition") },
  }));
  if (choices.length === 0) throw nothing();
  const name = await ask.choose({ message: "Kafka topic to import", choices });
  const ttlMessage = "For how long are its messages delivered? (1h to 7d)";
  return { name, ...(await askRest(ask, given, { ...deps, ttlMessage })) };
}

function summary({ name, visibility, ttl, schemaFile }: ImportWish): [string, string][] {
  return [
    ["Kafka topic", name],
    ["visibility", visibility],
    ["delivered", `for ${ttl ?? TTL_DEFAULT}`],
    ["schema", schemaFile ?? "none"],
  ];
}

function nothing(): KBrokerError {
  return new KBrokerError(
    "usage",
    "Kafka has no topic that could be imported: each is kbroker's, or an internal one.",
    {
      hint: "kbroker topic create",
    },
  );
}

/** What the broker is asked for; its schema is put to it. */
export function topicImportBody(wish: ImportWish): RouteBody<"topicImport"> {
  return topicBody(wish);
}

/** The command line that imports the same topic. */
export function topicImportLine(wish: ImportWish): string[] {
  return ["kbroker", "topic", "import", ...topicWords(wish)];
}
