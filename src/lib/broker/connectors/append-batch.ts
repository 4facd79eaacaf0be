import { type SourceBatch, type SourceChange, SourceError } from "../../connectors/port.ts";
import type { Connector, ConnectorTable } from "../../domain/connector.ts";
import type { ConnectorCounts } from "../../domain/connector-report.ts";
import { KBrokerError } from "../../domain/error.ts";
import { isDeeperThan } from "../../domain/json.ts";
import { type Message, PAYLOAD_BYTES_MAX, PAYLOAD_DEPTH_MAX } from "../../domain/message.ts";
import { checkMessage } from "../publish/check-message.ts";
import { type AppendPlace, appendInOrder } from "./append-in-order.ts";

interface AppendContext extends Omit<AppendPlace, "table" | "isSnapshot"> {
  /** As it was when the stream opened: changes name its tables by their place. */
  readonly connector: Connector;
  readonly onOversize: Connector["onOversize"];
}

/**
 * Everything of a batch into its topics, durably: the topics side by side, each in order. Nothing of it is appended where the connector
 * has to stop at one of its rows: that would come again much later.
 */
export async function appendBatch(context: AppendContext, batch: SourceBatch): Promise<ConnectorCounts> {
  const { byTable, left } = sorted(context, batch.changes);
  const appending = Array.from(byTable, ([table, messages]) =>
    context.activity.during(appendInOrder({ ...context, table, isSnapshot: batch.snapshot !== null }, messages)),
  );
  // All have ended before anything is decided: nothing goes on behind the back of the next opening.
  const ends = await Promise.allSettled(appending);
  let [stored, duplicates] = [0, 0];
  for (const end of ends) {
    if (end.status === "rejected") throw end.reason;
    stored += end.value.stored;
    duplicates += end.value.duplicates;
  }
  context.observer.captured(context.name, { stored, duplicates, oversize: left });
  return { changes: stored + duplicates, duplicates, oversize: left };
}

interface Sorted {
  readonly byTable: ReadonlyMap<ConnectorTable, readonly Message[]>;
  /** How many are left out. */
  readonly left: number;
}

function sorted(context: AppendContext, changes: readonly SourceChange[]): Sorted {
  const byTable = new Map<ConnectorTable, Message[]>();
  let left = 0;
  for (const change of changes) {
    const table = tableOf(context.connector, change);
    const problem = sizeProblem(change.payload);
    if (problem !== undefined) {
      leaveOut(context, { change, table, problem });
      left += 1;
      continue;
    }
    const messages = byTable.get(table) ?? [];
    byTable.set(table, messages);
    messages.push(messageOf(change));
  }
  return { byTable, left };
}

function tableOf({ tables }: Connector, { table }: SourceChange): ConnectorTable {
  const found = tables[table];
  if (found !== undefined) return found;
  throw new KBrokerError("internal", `A source told of its table ${table}; there are ${tables.length}.`);
}

/** Fails where a source keeps to no message's form: nothing gets into a topic that no push could carry. */
function messageOf({ id, key, payload }: SourceChange): Message {
  const message = { id, ...(key !== undefined && { key }), attributes: [], payload };
  checkMessage(message);
  return message;
}

/** Why no topic takes it. */
function sizeProblem(payload: Uint8Array): string | undefined {
  if (payload.length > PAYLOAD_BYTES_MAX) {
    return `an event of ${payload.length} bytes; at most ${PAYLOAD_BYTES_MAX} are taken`;
  }
  if (isDeeperThan(payload, PAYLOAD_DEPTH_MAX)) {
    return `an event of more than ${PAYLOAD_DEPTH_MAX} levels, and no topic takes that`;
  }
  return undefined;
}

interface TooLarge {
  readonly change: SourceChange;
  readonly table: ConnectorTable;
  readonly problem: string;
}

/** Names the row by its key, never by its values. */
function leaveOut({ name, observer, onOversize }: AppendContext, { change, table, problem }: TooLarge): void {
  const of = `${table.schema}.${table.table}`;
  if (onOversize === "skip") {
    const fields = { connector: name, table: of, key: change.key, id: change.id, problem };
    observer.log("warn", "A change is left out: its event is over the limits of a message.", fields);
    return;
  }
  const row = change.key === undefined ? "A change" : `A change of the row with the key ${JSON.stringify(change.key)}`;
  throw new SourceError({
    code: "row_too_large",
    message: `${row} in ${of} makes ${problem}.`,
    hint: `kbroker connector update ${name} --on-oversize skip leaves such changes out and counts them.`,
  });
}
