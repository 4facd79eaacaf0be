import type { ConnectorDeleteReply, ConnectorReply } from "../api/connector.ts";
import { bytesText } from "../domain/bytes-text.ts";
import type { SnapshotMode } from "../domain/connector.ts";
import type { DestructiveAct } from "./confirm.ts";
import { plural } from "./fields.ts";

/** Beginning from scratch without the rows. */
export function restartAct(connector: ConnectorReply): DestructiveAct {
  const { name, slot } = connector;
  return {
    name,
    does: [
      `Throws away the slot ${slot} and the position of connector ${name}.`,
      `What changed and is not in the topics yet never comes: ${unreadText(connector)}.`,
    ],
    question: `Begin from scratch with connector ${name}, without the rows that are there?`,
  };
}

/** One that does not work was measured when it still did, or its slot is not there to be measured. */
function unreadText({ lagBytes, fault, warnings }: ConnectorReply): string {
  const isTold = fault === null && !warnings.some(({ code }) => code === "slot_lost");
  if (!isTold || lagBytes === null) return "how much that is, is not known";
  return lagBytes === 0 ? "nothing is unread at the moment" : `${bytesText(lagBytes)} of WAL at the moment`;
}

export function restartedText({ name, state }: ConnectorReply, snapshot: SnapshotMode | undefined): string {
  const once = state === "paused" ? ", once it is resumed" : "";
  if (snapshot === undefined) return `Connector ${name} connects anew${once}, and goes on where it was.`;
  const rows =
    snapshot === "initial"
      ? "each row that is there comes as an event (op r), then what changes; what was deleted unread is not told"
      : "only what changes from now on comes";
  return `Connector ${name} begins from scratch${once}: ${rows}.`;
}

/** What deleting a connector does, a line each. */
export function connectorDeletion(deletion: ConnectorDeleteReply): string[] {
  const { name, slot, publication, slotKept, publicationKept, topics } = deletion;
  return [
    `Deletes connector ${name}: nothing is read any more, and its position is forgotten.`,
    slotKept
      ? `Keeps slot ${slot} in the database, which goes on keeping its WAL for it.`
      : `Removes slot ${slot} from the database: what changed and is not in the topics yet never comes.`,
    publicationKept ? `Keeps publication ${publication}.` : `Removes publication ${publication} from the database.`,
    `Keeps ${plural(topics.length, "topic")}, with messages and subscriptions: ${topics.join(", ")}.`,
  ];
}

/** What is left to do, or to know, once it is gone. */
export function deletedLines({ slot, slotKept, pending }: ConnectorDeleteReply): string[] {
  if (pending !== null) return [`Its slot is not removed yet: ${pending} It is tried again until it is.`];
  const drop = `SELECT pg_drop_replication_slot('${slot.replaceAll("'", "''")}');`;
  return slotKept ? [`Once the slot is not needed any more, in the database: ${drop}`] : [];
}
