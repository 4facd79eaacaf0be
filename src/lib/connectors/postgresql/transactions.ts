import { changeId } from "../change-event.ts";
import type { BatchQueue } from "./batch-queue.ts";
import type { Capture, CapturedRelation } from "./capture.ts";
import type { ChangeAt, RelationEncoder, RenderedEvent } from "./events.ts";
import { type Lsn, lsnDigits, lsnText } from "./lsn.ts";
import type { WalMessage } from "./pgoutput.ts";
import type { Relation } from "./relation.ts";

export interface TransactionsDeps {
  readonly queue: BatchQueue;
  readonly capture: Capture;
}

interface Transaction {
  readonly at: ChangeAt;
  readonly digits: string;
  /**
   * Changes so far, of all tables, those that are not captured included. Not events: how many a change makes is known of captured tables
   * only, and which these are may differ when the log is read again.
   */
  count: number;
}

/**
 * Gives the changes of transactions their places: the same each time when the log is read again. Takes messages in the order in which they
 * come; what it returns is waited for before the next. Fails with `SourceError`.
 */
export function transactions({ queue, capture }: TransactionsDeps): (message: WalMessage) => Promise<void> | undefined {
  const captured = new Map<number, CapturedRelation>();
  let current: Transaction | undefined;

  async function describe(oid: number, relation: Relation): Promise<void> {
    captured.delete(oid);
    const found = await capture.relation(relation);
    if (found !== undefined) captured.set(oid, found);
  }

  function tell(oid: number, render: (encoder: RelationEncoder, at: ChangeAt) => readonly RenderedEvent[]): void {
    const transaction = current;
    if (transaction === undefined) throw new Error("pgoutput sent a change outside of a transaction.");
    const { at, digits, count } = transaction;
    transaction.count += 1;
    const found = captured.get(oid);
    if (found === undefined) return;
    for (const [index, event] of render(found.encoder, at).entries()) {
      const id = changeId(digits, count, { isMoved: index > 0 });
      queue.add({ table: found.table, id, timeMs: at.tsMs, ...event });
    }
  }

  function begin({ commitLsn, xid, timeMs }: Extract<WalMessage, { kind: "begin" }>): void {
    const at = { lsn: lsnText(commitLsn), transaction: xid, tsMs: timeMs };
    current = { at, digits: lsnDigits(commitLsn), count: 0 };
  }

  function commit(endLsn: Lsn): void {
    current = undefined;
    queue.committed(endLsn);
  }

  return (message) => {
    switch (message.kind) {
      case "insert":
        tell(message.oid, (encoder, at) => encoder.insert(at, message.row));
        break;
      case "update":
        tell(message.oid, (encoder, at) => encoder.update(at, message.row));
        break;
      case "delete":
        tell(message.oid, (encoder, at) => encoder.remove(at, message.row));
        break;
      case "truncate":
        for (const oid of message.oids) tell(oid, (encoder, at) => encoder.truncate(at));
        break;
      case "begin":
        begin(message);
        break;
      case "commit":
        commit(message.endLsn);
        break;
      case "relation":
        return describe(message.oid, message.relation);
      case "broken":
        throw message.error;
      case "other":
        break;
    }
    return undefined;
  };
}
