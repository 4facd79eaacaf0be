import type { Clock } from "../../src/lib/domain/clock.ts";
import { ROLES } from "../../src/lib/domain/node.ts";
import { openKafkaEngine } from "../../src/lib/engine/kafka/engine.ts";
import { systemClock } from "../../src/lib/system-clock.ts";
import type { Prepare } from "../conformance/check.ts";
import { freshPrefix, settingsFor } from "./kafka-nodes.ts";
import { deferred } from "./promises.ts";

/** A session of 6 s, and the second that the others take to agree. */
const NODES_SETTLE_MS = 30_000;

/** The engine over that Kafka, each check under names of its own. */
export function prepareOn(servers: () => Promise<readonly string[]>): Prepare {
  return async (clock, { shards }) => {
    const settings = settingsFor(await servers());
    const prefix = `${freshPrefix()}.`;
    const limits = { partitions: shards, parkedPartitions: 2, schedulePartitions: 1 };
    const open = (id: string, networkClock: Clock = systemClock) =>
      openKafkaEngine({
        ...{ settings, clock, networkClock, prefix, limits },
        node: { id, url: `http://${id}`, roles: ROLES },
        report: () => {},
      });
    return {
      shards,
      open: () => open("node-1"),
      async openNode(id) {
        const { clock: own, freeze } = freezingClock();
        return { engine: await open(id, own), vanish: async () => freeze() };
      },
      nodesSettleMs: NODES_SETTLE_MS,
    };
  };
}

/** A process whose timers have stopped says nothing by itself any more; what it is told to do it does. */
function freezingClock(): { clock: Clock; freeze: () => void } {
  let frozen: Promise<void> | undefined;
  const clock: Clock = {
    ...systemClock,
    async after(delayMs, signal) {
      await systemClock.after(delayMs, signal);
      if (frozen !== undefined && signal?.aborted !== true) {
        const aborted = deferred();
        signal?.addEventListener("abort", () => aborted.resolve());
        await Promise.race([frozen, aborted.promise]);
      }
    },
  };
  return {
    clock,
    freeze: () => {
      frozen = new Promise(() => {});
    },
  };
}
