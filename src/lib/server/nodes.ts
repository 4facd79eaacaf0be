import { instant, type Some } from "./handler.ts";

export const nodeHandlers: Some<"nodeList"> = {
  nodeList: async ({ broker }) => ({
    items: broker.nodes().map(({ id, url, roles, sinceMs, isSelf, owns }) => ({
      ...{ name: id, url, roles: [...roles], since: instant(sinceMs), self: isSelf },
      owns: owns.map(({ kind, name, sinceMs: ownsSinceMs }) => ({ kind, name, since: instant(ownsSinceMs) })),
    })),
  }),
};
