import { endpointReply } from "./endpoint-reply.ts";
import { instant, instantOrNull, type Some } from "./handler.ts";

export const lagHandlers: Some<"subscriptionLag"> = {
  subscriptionLag: async ({ broker, name }) => {
    const { endpoint, nextAttemptMs, oldestUndelivered: oldest, asOfMs, shards, ...same } = await broker.lag(name);
    return {
      ...same,
      ...endpointReply(endpoint),
      nextAttempt: instantOrNull(nextAttemptMs),
      oldestUndelivered: oldest && { publishTime: instant(oldest.publishTimeMs), ageMs: oldest.ageMs },
      asOf: instant(asOfMs),
      shards: shards.map((shard) => ({ ...shard })),
    };
  },
};
