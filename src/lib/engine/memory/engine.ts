import type { Clock } from "../../domain/clock.ts";
import { LOCAL_NODE, type NodeName } from "../../domain/node.ts";
import type { Engine } from "../port.ts";
import { memoryCatalog } from "./catalog.ts";
import { REMEMBERED_IDS_MAX } from "./judge.ts";
import { type MemoryLogOptions, memoryLog } from "./log.ts";
import { type Member, type MemoryNodes, memoryNodes } from "./nodes.ts";
import { memoryOwners } from "./owners.ts";
import { memoryPositions } from "./positions.ts";
import { memorySchedules } from "./schedules.ts";
import { type MemoryStorage, memoryStorage } from "./storage.ts";

export interface MemoryEngineOptions {
  readonly clock: Clock;
  /** What an earlier engine left behind; empty when not given. */
  readonly storage?: MemoryStorage;
  /** Awaited before an append counts; tests hold it back or let it fail. */
  readonly sync?: () => Promise<void>;
  /** How many shards a topic gets; 1 when not given. */
  readonly shards?: number;
  /** As `MemoryLogOptions` has it; the storage when not given. Otherwise repeats are stored, and their readers have to tell. */
  readonly remembers?: MemoryLogOptions["remembers"];
  /** The storage's own time, which records get instead of the clock's. */
  readonly storageTime?: () => number;
  /** What it is called among the others. One with the same id is taken for dead. */
  readonly node?: NodeName;
  /** Those that are open over the same storage at the same time. Left out: it is alone. */
  readonly nodes?: MemoryNodes;
}

/** The meaning of the port in the fewest lines: what every other engine must be indistinguishable from. */
export function memoryEngine(options: MemoryEngineOptions): Engine {
  const { clock, storage = memoryStorage(), sync = async () => {}, node = LOCAL_NODE, nodes = memoryNodes() } = options;
  const { shards = 1, remembers = "storage", storageTime } = options;
  const member: Member = { name: node, sinceMs: clock.now(), isGone: false, isHeldBack: false };
  const owners = memoryOwners(storage, clock, { nodes, member });
  const { catalog, ears } = memoryCatalog(storage, { nodes, member });
  nodes.join(member, { ...ears, ...owners.ears });
  const log = memoryLog({ now: storageTime ?? (() => clock.now()), storage, nodes, sync, shards, remembers });
  let closing: Promise<void> | undefined;
  return {
    layouts: null,
    cluster: null,
    capabilities: {
      ...{ engine: "memory", durable: false },
      exactDuplicates: remembers === "storage",
      recordTime: storageTime === undefined ? "clock" : "storage",
    },
    catalog,
    log,
    owners,
    ...memoryPositions(storage, clock),
    schedules: memorySchedules(storage),
    nodes: nodes.view(member),
    async status() {
      const topics = [...storage.topics.values()];
      return {
        location: "memory",
        storedBytes: sum(topics, ({ shards }) =>
          sum(shards, ({ records }) => sum(records, ({ payload }) => payload.length)),
        ),
        freeBytes: null,
        rememberedIds: log.rememberedIds(),
        rememberedIdsMax: REMEMBERED_IDS_MAX,
        scheduled: sum([...storage.schedules.values()], ({ size }) => size),
        refusing: null,
      };
    },
    close() {
      closing ??= Promise.all([owners.leave(), log.ended()]).then(() => undefined);
      return closing;
    },
  };
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
