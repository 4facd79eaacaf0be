import type { IncomingMessage } from "node:http";
import { KBrokerError } from "../domain/error.ts";
import type { Role } from "../domain/node.ts";
import { FORWARDED_BY } from "./forward.ts";

/** What asks for a role begins like this; everything else (health, metrics) every node answers. */
const ASKS: readonly (readonly [beginning: string, role: Role, words: string])[] = [
  ["/publish/", "inbox", "takes no messages"],
  ["/scheduled/", "inbox", "takes no messages"],
  ["/admin/", "admin", "answers no operator"],
];

/**
 * Refuses what this node is not there for. What another node sends on is answered whatever the roles: they part the work, and keep nobody
 * out.
 */
export function roleGuard(roles: readonly Role[]): (request: IncomingMessage) => KBrokerError | undefined {
  const refused = ASKS.filter(([, role]) => !roles.includes(role));
  return ({ url = "", headers }) => {
    const found = refused.find(([beginning]) => url.startsWith(beginning));
    if (found === undefined || headers[FORWARDED_BY] !== undefined) return undefined;
    const [, role, words] = found;
    return new KBrokerError("wrong_node", `This node ${words}: it runs without the role ${role}.`, {
      hint: `Ask a node with the role ${role}; kbroker broker nodes lists them.`,
    });
  };
}
