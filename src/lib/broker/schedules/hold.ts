import { KBrokerError } from "../../domain/error.ts";
import { inTurn } from "../../domain/in-turn.ts";
import type { Ownership, ScheduledKey, ScheduledMessage } from "../../engine/port.ts";
import type { BrokerDeps } from "../broker.ts";
import type { Activity } from "../delivery/activity.ts";
import { alarm } from "../delivery/alarm.ts";
import type { Outage } from "../outage.ts";
import { fire, keyOf } from "./fire.ts";
import type { Cancelled } from "./firing.ts";
import type { FiringLimits } from "./limits.ts";

export interface HoldDeps extends Pick<BrokerDeps, "engine" | "clock" | "observer"> {
  readonly limits: FiringLimits;
  readonly activity: Activity;
  readonly outages: FiringOutages;
}

/** Of all holds together: what keeps one from its work mostly keeps all. */
export interface FiringOutages {
  readonly looking: Outage;
  readonly publishing: Outage;
  readonly removing: Outage;
}

/** One hold on a part of the schedules, from acquired to released. */
export interface FiringHold {
  readonly epoch: number;
  scheduled(dueMs: number): void;
  cancel(topicId: string, id: string): Promise<Cancelled>;
  /** Fires nothing more; resolves when what is under way has ended. */
  end(): Promise<void>;
}

/**
 * Fires page by page: appends what is due, removes it, and only then looks for more, so that a crash repeats one page at most. Between
 * two passes it waits for the earliest due time, but never long: due times are wall time, and the wall clock may jump.
 */
export function holdSchedules(deps: HoldDeps, ownership: Ownership): FiringHold {
  const { engine, clock, observer, limits, activity, outages } = deps;
  const { resource } = ownership;
  const ended = new AbortController();
  const { signal } = ended;
  const bell = alarm(clock, signal, ring);
  const turn = inTurn();
  /** What is being fired: taken, and not to be cancelled any more. */
  const firing = new Set<string>();
  let running: Promise<void> | undefined;
  /** It rang while a pass was under way, which may have looked too early. */
  let again = false;

  function ring(): void {
    again = running !== undefined;
    running ??= activity.during(run()).finally(() => {
      running = undefined;
    });
  }

  async function run(): Promise<void> {
    let waitMs = limits.retryMs;
    try {
      waitMs = await pass();
      outages.looking.worked(resource);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof KBrokerError && error.code === "epoch_stale") return ended.abort();
      outages.looking.failed(resource, error);
    }
    bell.by(clock.monotonic() + (again ? 0 : waitMs));
  }

  /** Fires all that is due, and says when to look again. */
  async function pass(): Promise<number> {
    for (;;) {
      const { taken, nextMs } = await turn(take);
      const isMore = nextMs !== undefined && nextMs <= clock.now();
      const fired = await firePage(taken);
      if (signal.aborted) return 0;
      if (fired < taken.length) return limits.retryMs;
      if (!isMore) return nextMs === undefined ? limits.idleLookMs : untilDue(nextMs);
    }
  }

  async function take(): Promise<{ taken: readonly ScheduledMessage[]; nextMs: number | undefined }> {
    const { messages, nextMs } = await engine.schedules.due(ownership, clock.now(), limits.page);
    for (const message of messages) firing.add(textOf(keyOf(message)));
    return { taken: messages, nextMs };
  }

  async function firePage(taken: readonly ScheduledMessage[]): Promise<number> {
    const failed = (error: unknown, fields: object) => outages.publishing.failed(resource, error, { ...fields });
    const done = taken.length === 0 ? [] : await fire({ engine, observer, failed }, taken);
    if (done.length === taken.length) outages.publishing.worked(resource);
    if (done.length > 0) await removed(done);
    firing.clear();
    return done.length;
  }

  /** They are in their topics: until that is noted, nothing else is fired. */
  async function removed(keys: readonly ScheduledKey[]): Promise<void> {
    for (;;) {
      try {
        await engine.schedules.remove(ownership, keys);
        return outages.removing.worked(resource);
      } catch (error) {
        if (signal.aborted || (error instanceof KBrokerError && error.code === "epoch_stale")) throw error;
        outages.removing.failed(resource, error, { count: keys.length });
        await activity.outside(clock.after(limits.retryMs, signal));
      }
    }
  }

  function untilDue(dueMs: number): number {
    return Math.min(limits.lookMs, Math.max(0, dueMs - clock.now()));
  }

  ring();
  return {
    epoch: ownership.epoch,
    scheduled: (dueMs) => bell.by(clock.monotonic() + untilDue(dueMs)),
    cancel: (topicId, id) =>
      turn(async () => {
        const scheduled = await engine.schedules.find(topicId, id);
        if (scheduled === undefined) return { kind: "absent" };
        if (firing.has(textOf(keyOf(scheduled)))) return { kind: "firing" };
        await engine.schedules.remove(ownership, [keyOf(scheduled)]);
        return { kind: "cancelled", scheduled };
      }),
    async end() {
      ended.abort();
      await running;
      for (const outage of [outages.looking, outages.publishing, outages.removing]) outage.worked(resource);
    },
  };
}

function textOf({ topicId, id, dueMs }: ScheduledKey): string {
  return `${topicId}/${dueMs}/${id}`;
}
