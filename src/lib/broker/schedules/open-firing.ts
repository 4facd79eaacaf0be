import { KBrokerError, messageOf } from "../../domain/error.ts";
import type { Ownership } from "../../engine/port.ts";
import type { BrokerDeps } from "../broker.ts";
import { activity } from "../delivery/activity.ts";
import { createOutage } from "../outage.ts";
import type { Cancelled, Firing } from "./firing.ts";
import { type FiringHold, type FiringOutages, type HoldDeps, holdSchedules } from "./hold.ts";
import { type FiringLimits, LIMITS } from "./limits.ts";

export interface FiringDeps extends Pick<BrokerDeps, "engine" | "clock" | "observer"> {
  readonly limits?: Partial<FiringLimits>;
}

/** Owns the schedules that the engine hands out. `engine.owners` is this part's own (`route-owners.ts`). */
export function openFiring({ limits, ...deps }: FiringDeps): Firing {
  const { engine, clock, observer } = deps;
  const outages = firingOutages(observer);
  const held: HoldDeps = { ...deps, limits: { ...LIMITS, ...limits }, activity: activity(), outages };
  const stopping = new AbortController();
  /** By resource. */
  const holds = new Map<string, FiringHold>();

  engine.owners.handle({
    async acquired(ownership) {
      if (!stopping.signal.aborted) holds.set(ownership.resource, holdSchedules(held, ownership));
    },
    released: async (ownership) => taken(ownership)?.end(),
    lost: (ownership) => void taken(ownership)?.end(),
  });

  function taken({ resource, epoch }: Ownership): FiringHold | undefined {
    const hold = holds.get(resource);
    if (hold?.epoch !== epoch) return undefined;
    holds.delete(resource);
    return hold;
  }

  async function want(resource: string): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        return await engine.owners.want(resource);
      } catch (error) {
        const fields = { resource, error: messageOf(error) };
        observer.log("error", "The schedule cannot be owned yet; it is asked for again later.", fields);
        await clock.after(held.limits.retryMs, stopping.signal);
      }
    }
  }

  return {
    async start() {
      await Promise.all((await engine.schedules.resources()).map(want));
    },
    async stop() {
      stopping.abort();
      await Promise.all(Array.from(holds.values(), (hold) => hold.end()));
    },
    scheduled(dueMs) {
      for (const hold of holds.values()) hold.scheduled(dueMs);
    },
    async cancel(topicId, id): Promise<Cancelled> {
      const hold = holds.get(engine.schedules.resourceOf(topicId, id));
      if (hold !== undefined) return hold.cancel(topicId, id);
      throw new KBrokerError("overloaded", "Nobody owns the schedule at the moment: nothing was cancelled.", {
        hint: "Try it again in a moment.",
        retryAfterS: 1,
      });
    },
    idle: () => held.activity.quiet(),
  };
}

function firingOutages(observer: FiringDeps["observer"]): FiringOutages {
  return {
    looking: createOutage(observer, {
      failing: "Scheduled messages cannot be looked for; it is tried again.",
      working: "Scheduled messages are looked for again.",
    }),
    publishing: createOutage(observer, {
      failing: "Scheduled messages cannot be published yet; they are tried again.",
      working: "Scheduled messages are published again.",
    }),
    removing: createOutage(observer, {
      failing: "Published messages stay on the schedule; they are removed again.",
      working: "Published messages are removed from the schedule again.",
    }),
  };
}
