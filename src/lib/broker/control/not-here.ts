import { KBrokerError } from "../../domain/error.ts";
import type { NodeInfo } from "../../domain/node.ts";

/** Something that only another node can do, or one that is not named yet. */
export function notHere(owner: NodeInfo | undefined, what: string): KBrokerError {
  const message =
    owner === undefined || owner.isSelf
      ? `${what} has no node that does it at this moment.`
      : `${what} is for the node "${owner.id}" to do.`;
  return new KBrokerError("owner_unreachable", `${message} Nothing was changed.`, {
    hint: "Send it again in a moment; kbroker broker nodes says who owns what.",
    retryAfterS: 1,
  });
}
