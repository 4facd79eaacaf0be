import { KBrokerError } from "../domain/error.ts";
import type { OwnerHandler, Owners, Ownership } from "../engine/port.ts";

/**
 * An engine has one handler for everything that it hands out; the parts of a broker own things of different kinds, which the beginning
 * of a resource's name tells apart. Gives each part the owners of its kind: `""` is whatever no other part has.
 */
export function routeOwners(owners: Owners): (prefix: string) => Owners {
  const handlers = new Map<string, OwnerHandler>();

  function handlerOf({ resource }: Pick<Ownership, "resource">): OwnerHandler {
    const prefixes = [...handlers.keys()].filter((prefix) => resource.startsWith(prefix));
    const handler = handlers.get(prefixes.sort((a, b) => b.length - a.length)[0] ?? "");
    if (handler !== undefined) return handler;
    throw new KBrokerError("internal", `Nobody is there to own "${resource}".`);
  }

  owners.handle({
    acquired: async (ownership) => handlerOf(ownership).acquired(ownership),
    released: async (ownership) => handlerOf(ownership).released(ownership),
    lost: (ownership) => handlerOf(ownership).lost(ownership),
  });
  return (prefix) => ({ ...owners, handle: (handler) => void handlers.set(prefix, handler) });
}
