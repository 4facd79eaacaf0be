import { type Connector, type ConnectorTable, connectorTopic, type TableName } from "../../domain/connector.ts";
import { KBrokerError } from "../../domain/error.ts";
import { conflictKey, nameProblem } from "../../domain/names.ts";
import { TOPIC_TTL_MS_MAX, type Topic } from "../../domain/topic.ts";
import type { Control, Undo } from "./control.ts";
import { putTopic } from "./topics.ts";

/** A table and the name of its topic, which is there already or is to be made. */
export interface PlannedTopic {
  readonly table: TableName;
  readonly name: string;
  readonly there: Topic | undefined;
}

/** Whose tables they are. */
export type TablesOf = Pick<Connector, "name" | "product" | "database">;

/**
 * What topics these tables need. One that is there is taken over where it is an ordinary private one that nobody else writes to, as an
 * earlier connector leaves them. Otherwise fails, and says which table it is.
 */
export function planTopics(
  { view }: Pick<Control, "view">,
  { product, database }: TablesOf,
  tables: readonly TableName[],
): readonly PlannedTopic[] {
  const there = new Map(view.topics().map(({ topic }) => [conflictKey(topic.name), topic]));
  const planned = new Map<string, PlannedTopic>();
  for (const table of tables) {
    const name = connectorTopic({ product, database: database.database }, table);
    checkTopicName(table, name);
    const key = conflictKey(name);
    const same = planned.get(key);
    if (same !== undefined) throw twice(table, same);
    const topic = there.get(key);
    if (topic !== undefined) checkTaking({ view }, { table, name, topic });
    planned.set(key, { table, name, there: topic });
  }
  return [...planned.values()];
}

/** Makes those that are missing. */
export async function openTopics(
  control: Control,
  planned: readonly PlannedTopic[],
  undo: (step: Undo) => void,
): Promise<readonly ConnectorTable[]> {
  const tables: ConnectorTable[] = [];
  for (const { table, name, there } of planned) {
    const topic = there ?? newTopic(control, name);
    if (there === undefined) await putTopic(control, { topic }, undo);
    tables.push({ schema: table.schema, table: table.table, topic: name, topicId: topic.id });
  }
  return tables;
}

export function tableText({ schema, table }: TableName): string {
  return `${schema}.${table}`;
}

function newTopic({ newId, clock }: Control, name: string): Topic {
  const [purpose, ttlMs] = ["messages", TOPIC_TTL_MS_MAX] as const;
  return { name, id: newId(), visibility: "private", purpose, ttlMs, createdAtMs: clock.now() };
}

function checkTopicName(table: TableName, name: string): void {
  const problem = nameProblem("topic", name);
  if (problem === undefined) return;
  const message = `The changes of the table ${quoted(tableText(table))} would go to the topic ${quoted(name)}: ${problem}`;
  throw new KBrokerError("invalid_request", message, { hint: "Leave the table out, or choose another product." });
}

function twice(table: TableName, { table: other, name }: PlannedTopic): KBrokerError {
  const [first, second] = [tableText(other), tableText(table)];
  const message =
    table.schema === other.schema && table.table === other.table
      ? `The table "${first}" is given twice.`
      : `The tables "${first}" and "${second}" would both need the topic "${name}".`;
  return new KBrokerError("invalid_request", message, { hint: "Give each table once, and of those two only one." });
}

function checkTaking(
  { view }: Pick<Control, "view">,
  { table, name, topic }: { readonly table: TableName; readonly name: string; readonly topic: Topic },
): void {
  const of = `The topic of the table "${tableText(table)}"`;
  if (topic.name !== name) {
    throw exists(`${of} is "${name}", which differs from the topic "${topic.name}" only in "." and "_".`, {
      hint: "Choose another product, or leave the table out.",
    });
  }
  const writer = view.connectorOf(topic);
  if (writer !== undefined) {
    throw exists(`${of} is "${name}", to which the connector "${writer.name}" writes already.`, {
      hint: `kbroker connector describe ${writer.name}`,
    });
  }
  if (topic.visibility === "private" && topic.purpose === "messages") return;
  throw exists(`${of} is "${name}", which exists and is public: a connector takes over only a private one.`, {
    hint: `kbroker topic update ${name} --private`,
  });
}

function exists(message: string, { hint }: { readonly hint: string }): KBrokerError {
  return new KBrokerError("topic_exists", message, { hint });
}

function quoted(text: string): string {
  return `"${text.length <= 200 ? text : `${text.slice(0, 200)}…`}"`;
}
