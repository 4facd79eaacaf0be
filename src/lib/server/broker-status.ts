import { instant, type Some } from "./handler.ts";

export const brokerHandlers: Some<"brokerStatus"> = {
  brokerStatus: async ({ broker, about }) => {
    const { engine, startedAtMs, subscriptions, ...same } = await broker.status();
    const { name, location, storedBytes, freeBytes, rememberedIds, refusing } = engine;
    return {
      ...about,
      ...same,
      ...{ engine: name, location, storedBytes, freeBytes, rememberedIds, refusing },
      startedAt: instant(startedAtMs),
      subscriptions: { ...subscriptions },
    };
  },
};
