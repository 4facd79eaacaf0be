import type { TopicMessage } from "../api/topic-message.ts";
import type { AdminClient } from "../client/admin.ts";
import { KBrokerError } from "../domain/error.ts";
import { shellLine } from "./shell.ts";

interface Search {
  readonly admin: AdminClient;
  /** Told how far the search has come. */
  readonly tell: (text: string) => void;
}

/** The newest message with an id; fails with `message_not_found`. The broker answers after a bounded part of the search. */
export async function findById(
  { admin, tell }: Search,
  name: string,
  { id, since }: { readonly id: string; readonly since: string | undefined },
): Promise<TopicMessage> {
  const bounds = since === undefined ? {} : { since };
  let before: string | null | undefined;
  while (before !== null) {
    const query = { id, ...bounds, ...(before === undefined ? {} : { before }) };
    const found = await admin.call("messageFind", { name, query });
    if (found.message !== null) return found.message;
    if (found.reached !== null) tell(`Searching ${name} for ${id}: back to ${found.reached}`);
    before = found.before;
  }
  const where = since === undefined ? "is kept" : `was published since ${since}`;
  throw new KBrokerError("message_not_found", `No message "${id}" of topic "${name}" ${where}.`, {
    hint:
      since === undefined
        ? shellLine(["kbroker", "message", "tail", name])
        : "Leave out --since to search all that is kept.",
  });
}

/** The message at a position; fails with `message_not_found` where there is none any more, or never was. */
export async function findByPosition(admin: AdminClient, name: string, position: string): Promise<TopicMessage> {
  if (!/^\d{1,6}:\d{1,15}$/.test(position)) {
    throw new KBrokerError("usage", `--position "${position}" is not <shard>:<offset>.`, { hint: "For instance 0:41" });
  }
  const query = { from: position, limit: 1 };
  const { items, damaged } = await admin.call("messageList", { name, query }).catch(asNotFound);
  const [message] = items;
  if (message?.position === position) return message;
  const isDamaged = damaged.some(({ shard, from, to }) => {
    const [its, offset] = position.split(":").map(Number);
    return shard === its && offset !== undefined && offset >= from && offset < to;
  });
  const what = isDamaged ? "is damaged and cannot be read" : "is not kept";
  throw new KBrokerError("message_not_found", `The message at ${position} of topic "${name}" ${what}.`, {
    hint: shellLine(["kbroker", "message", "tail", name, "--since", "beginning", "--limit", "1"]),
  });
}

/** The form of the position is right: what the broker does not take is one that no message has. */
function asNotFound(error: unknown): never {
  if (!(error instanceof KBrokerError) || error.code !== "invalid_request") throw error;
  const { message, hint, cause } = error;
  throw new KBrokerError("message_not_found", message, { hint, cause });
}
