import type { AdminClient } from "../../client/admin.ts";
import { documentOf, type SetupDocument } from "./document.ts";
import { readState, subscriptionSetup, topicSetup } from "./read-broker.ts";

export interface Exported {
  readonly document: SetupDocument;
  /** What the reader of the file has to know and the file does not say. */
  readonly notes: readonly string[];
}

/** How the broker is set up. A dead letter topic belongs to the subscriptions that name it. */
export async function exportSetup(admin: AdminClient, tell: (text: string) => void): Promise<Exported> {
  const state = await readState(admin);
  const topics = [];
  for (const topic of state.topics.filter(({ purpose }) => purpose === "messages")) {
    tell(`Reading topic ${topic.name}`);
    topics.push(await topicSetup(admin, topic));
  }
  const subscriptions = state.subscriptions.map((one) => subscriptionSetup(one, state));
  const connectors = (await admin.call("connectorList")).items.map(({ name }) => name);
  const document = documentOf({ topics, subscriptions });
  const imported = state.topics.filter(({ layout }) => layout?.imported === true).map(({ name }) => name);
  return { document, notes: [...connectorNotes(connectors), ...importedNotes(imported), ...queryNotes(document)] };
}

function connectorNotes(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`Not in it: connectors (${names.join(", ")}). Two brokers must not read one database's slot.`];
}

function importedNotes(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [
    `Kafka had ${names.join(", ")} before; on another broker that is an ordinary topic with kbroker's own settings.`,
  ];
}

/** An address cannot hold a password, but a query may hold anything. */
function queryNotes({ subscriptions }: SetupDocument): string[] {
  const names = subscriptions.filter(({ endpoint }) => endpoint.includes("?")).map(({ name }) => name);
  if (names.length === 0) return [];
  return [`The endpoint of ${names.join(", ")} has a query: look whether it holds a secret before others see it.`];
}
