import { heartbeatV4, joinGroupV9, leaveGroupV5, syncGroupV5 } from "@platformatic/kafka";
import type { Wire } from "../wire/wire.ts";
import { decodeMember, decodeTable, encodeMember, encodeTable, type Member, type Table, tableOf } from "./table.ts";

/** The shortest that Kafka allows by default: so long a node that died without a word counts as there. */
export const SESSION_MS = 6_000;
const PROTOCOL = "kbroker";
/** Joins of the nodes wait for one another: no owner's join shall be behind one. */
const NODES_SLOT = 0;

/** What the coordinator knows a node by. */
export interface Seat {
  readonly memberId: string;
  readonly generation: number;
}

/** The calls of the group of nodes. A node's id is its instance id: started again it takes its own place, and whoever had it is fenced. */
export interface NodesGroup {
  /** Waits for the others, who notice at their next heartbeat. `undefined`: the leader's table was not understood. */
  join(member: Member, memberId: string): Promise<{ readonly seat: Seat; readonly table: Table | undefined }>;
  heartbeat(id: string, seat: Seat): Promise<void>;
  leave(id: string, seat: Seat): Promise<void>;
}

export function nodesGroup(wire: Wire, group: string, signal: AbortSignal): NodesGroup {
  const to = { coordinator: group };
  const joining = { purpose: "join", slot: NODES_SLOT, signal } as const;

  async function sync(member: Member, seat: Seat, members: readonly Member[] | undefined, ids: readonly string[]) {
    const { memberId, generation } = seat;
    const assignment = members === undefined ? undefined : encodeTable(tableOf(generation, members));
    const assignments = assignment === undefined ? [] : ids.map((each) => ({ memberId: each, assignment }));
    const synced = await wire.call(
      to,
      (connection) =>
        syncGroupV5.api.async(
          connection,
          group,
          generation,
          memberId,
          instanceOf(member.id),
          PROTOCOL,
          PROTOCOL,
          assignments,
        ),
      joining,
    );
    return decodeTable(synced.assignment);
  }

  return {
    async join(member, before) {
      const protocols = [{ name: PROTOCOL, metadata: encodeMember(member) }];
      const joined = await wire.call(
        to,
        (connection) =>
          joinGroupV9.api.async(
            connection,
            group,
            SESSION_MS,
            SESSION_MS,
            before,
            instanceOf(member.id),
            PROTOCOL,
            protocols,
            null,
          ),
        joining,
      );
      const seat = { memberId: joined.memberId ?? "", generation: joined.generationId };
      const leads = joined.leader === seat.memberId && !joined.skipAssignment;
      const members = joined.members.flatMap(({ metadata }) => decodeMember(metadata) ?? []);
      const ids = joined.members.map(({ memberId }) => memberId);
      return { seat, table: await sync(member, seat, leads ? members : undefined, ids) };
    },
    async heartbeat(id, { memberId, generation }) {
      await wire.call(
        to,
        (connection) => heartbeatV4.api.async(connection, group, generation, memberId, instanceOf(id)),
        { purpose: "commit", deadlineMs: SESSION_MS, signal },
      );
    },
    async leave(id, { memberId }) {
      const groupInstanceId = instanceOf(id);
      await wire.call(
        to,
        (connection) => leaveGroupV5.api.async(connection, group, [{ memberId, groupInstanceId, reason: "closing" }]),
        { purpose: "commit", deadlineMs: SESSION_MS },
      );
    },
  };
}

/** Kafka takes only some letters. */
function instanceOf(id: string): string {
  return /^[A-Za-z0-9._-]{1,200}$/.test(id) ? id : Buffer.from(id).toString("base64url").slice(0, 240);
}
