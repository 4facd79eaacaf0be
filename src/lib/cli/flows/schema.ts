import type { TopicReply } from "../../api/topic.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { AnswerProblem, Prompter } from "../prompter.ts";
import { type Answered, agreed, missing } from "./flow.ts";

export interface SchemaWish {
  readonly topic: string;
  readonly file: string;
}

export interface SchemaFlowDeps {
  readonly ask: Prompter | undefined;
  readonly topics: () => Promise<readonly TopicReply[]>;
  readonly schemaFileProblem: AnswerProblem;
}

/** Which topic gets which schema: from the command line, or by asking for what it leaves open. */
export async function schemaFlow(
  { topic, file }: { readonly topic?: string | undefined; readonly file?: string | undefined },
  { ask, topics, schemaFileProblem }: SchemaFlowDeps,
): Promise<Answered<SchemaWish>> {
  if (topic !== undefined && file !== undefined) return { wish: { topic, file }, asked: false };
  if (ask === undefined)
    throw missing(
      [topic === undefined ? "<topic>" : undefined, file === undefined ? "--file" : undefined],
      `kbroker schema create ${topic ?? "<topic>"} --file ${file ?? "<schema.json>"}`,
    );
  const wish = {
    topic: topic ?? (await chooseTopic(ask, await topics())),
    file: file ?? (await ask.text({ message: "File with the JSON Schema", problem: schemaFileProblem })),
  };
  await agreed(
    ask,
    [
      ["topic", wish.topic],
      ["schema", wish.file],
    ],
    `Give ${wish.topic} this schema?`,
  );
  return { wish, asked: true };
}

/** Which topic gets which new version. */
export async function schemaUpdateFlow(
  { topic, file }: { readonly topic?: string | undefined; readonly file?: string | undefined },
  { ask, topics, schemaFileProblem }: SchemaFlowDeps,
): Promise<Answered<SchemaWish>> {
  if (topic !== undefined && file !== undefined) return { wish: { topic, file }, asked: false };
  if (ask === undefined)
    throw missing(
      [topic === undefined ? "<topic>" : undefined, file === undefined ? "--schema" : undefined],
      `kbroker schema update ${topic ?? "<topic>"} --schema ${file ?? "<schema.json>"}`,
    );
  const wish = {
    topic: topic ?? (await chooseTopicWith(ask, await topics())),
    file: file ?? (await ask.text({ message: "File with the new JSON Schema", problem: schemaFileProblem })),
  };
  return { wish, asked: true };
}

function chooseTopicWith(ask: Prompter, topics: readonly TopicReply[]): Promise<string> {
  const open = topics.filter(({ schemaVersion }) => schemaVersion !== null);
  if (open.length === 0)
    throw new KBrokerError("usage", "No topic has a schema yet.", { hint: "kbroker schema create" });
  const choices = open.map(({ name, schemaVersion }) => ({ value: name, label: `${name} (version ${schemaVersion})` }));
  return ask.choose({ message: "Topic", choices });
}

export function chooseTopic(ask: Prompter, topics: readonly TopicReply[]): Promise<string> {
  const open = topics.filter(({ purpose, schemaVersion }) => purpose === "messages" && schemaVersion === null);
  if (open.length === 0) {
    const message = topics.length === 0 ? "There is no topic yet." : "Every topic has a schema already.";
    throw new KBrokerError("usage", message, { hint: "kbroker topic create" });
  }
  const choices = open.map(({ name, visibility }) => ({ value: name, label: `${name} (${visibility})` }));
  return ask.choose({ message: "Topic", choices });
}

export function schemaLine({ topic, file }: SchemaWish): string[] {
  return ["kbroker", "schema", "create", topic, "--file", file];
}
