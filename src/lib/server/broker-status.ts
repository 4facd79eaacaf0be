import { instant, type Some } from "./handler.ts";

export const brokerHandlers: Some<"brokerStatus"> = {
  brokerStatus: async ({ broker, about }) => {
    const { engine, startedAtMs, subscriptions, degraded, connectors, ...same } = await broker.status();
    const { name, location, storedBytes, freeBytes, rememberedIds, scheduled, refusing } = engine;
    return {
      ...about,
      ...same,
      ...{ engine: name, location, storedBytes, freeBytes, rememberedIds, scheduled, refusing },
      startedAt: instant(startedAtMs),
      subscriptions: { ...subscriptions },
      degraded: [...degraded],
      connectors: { ...connectors, unwell: [...connectors.unwell] },
    };
  },
};
