import type { ConnectorDeleteReply, ConnectorReply } from "../api/connector.ts";
import type { SnapshotMode } from "../domain/connector.ts";
import type { DestructiveAct } from "./confirm.ts";
import { bytesText, plural } from "./fields.ts";

/** Beginning from scratch without the rows. */
export function restartAct({ name, slot, lagBytes }: ConnectorReply): DestructiveAct {
  const unread = lagBytes === null ? "An unknown amount" : bytesText(lagBytes);
  return {
    name,
    does: [
      `Throws away the slot ${slot} and the position of connector ${name}.`,
      `What changed and is not in the topics yet never comes: ${lagBytes === 0 ? "nothing at the moment" : unread} of WAL is unread.`,
    ],
    question: `Begin from scratch with connector ${name}, without the rows that are there?`,
  };
}

export function restartedText(name: string, snapshot: SnapshotMode | undefined): string {
  if (snapshot === undefined) return `Connector ${name} connects anew, and goes on where it was.`;
  const rows =
    snapshot === "initial"
      ? "each row that is there comes as an event (op r), then what changes; what was deleted unread is not told"
      : "only what changes from now on comes";
  return `Connector ${name} begins from scratch: ${rows}.`;
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
