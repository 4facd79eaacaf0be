import type { Clock } from "../../domain/clock.ts";
import type { KBrokerError } from "../../domain/error.ts";
import { LOCAL_NODE, loneNode, type NodeName } from "../../domain/node.ts";
import type { Report } from "../../domain/report.ts";
import type { Engine } from "../port.ts";
import { createCheckpoint } from "./checkpoint.ts";
import { type DataDirectory, makeDirectory, openDirectory, syncDirectory, whyNotOpened } from "./data-dir.ts";
import { createDedupeGate } from "./dedupe/gate.ts";
import { createIdIndex } from "./dedupe/id-index.ts";
import { createFailStop, type FailStop } from "./fault.ts";
import { watchFreeSpace } from "./free-space.ts";
import { diskFiles, type Files } from "./journal/files.ts";
import { createJournal } from "./journal/journal.ts";
import { createLife } from "./life.ts";
import { type EmbeddedLimits, LIMITS } from "./limits.ts";
import { lockDirectory } from "./lock.ts";
import { createLog } from "./log.ts";
import { recover } from "./recovery.ts";
import { createRetention } from "./retention.ts";
import { createCatalog } from "./state/catalog.ts";
import { createOwners } from "./state/owners.ts";
import { createPositions } from "./state/positions.ts";
import { createSchedules } from "./state/schedules.ts";
import { openStateStore, type StateStore } from "./state/store.ts";
import { wakeAll } from "./topic-log.ts";

export interface EmbeddedOptions extends Partial<EmbeddedLimits> {
  /** Made when it is not there. One process owns it. */
  readonly dir: string;
  readonly clock: Clock;
  readonly report: Report;
  /** What is on disk is not known any more: the process is to end with exit 1, and the next start recovers. Told once. */
  readonly onFatal: (error: KBrokerError) => void;
  /** Start although messages that somebody has already passed were taken away; they count as damaged. */
  readonly acceptLoss?: boolean;
  /** How this node calls itself; it is the only one. */
  readonly node?: NodeName;
  /** For tests: where the journal's file operations go. */
  readonly files?: Files;
}

/**
 * The engine that needs nothing but a directory: one journal for the messages of all topics, lmdb for everything else. Fails with
 * `data_dir_in_use`, `data_unreadable`, or `data_lost`.
 */
export async function openEmbeddedEngine(options: EmbeddedOptions): Promise<Engine> {
  const { files = diskFiles } = options;
  await makeDirectory(options.dir, files);
  const lock = await lockDirectory(options.dir);
  const failStop = createFailStop(options.onFatal);
  try {
    const directory = await openDirectory(options.dir);
    const store = await openStateStore(directory.state, failStop);
    try {
      await syncDirectory(directory, files);
      return await assemble(options, { directory, store, failStop, unlock: lock.release });
    } catch (error) {
      await store.close();
      throw error;
    }
  } catch (error) {
    await lock.release();
    throw whyNotOpened(options.dir, error);
  }
}

interface Opened {
  readonly directory: DataDirectory;
  readonly store: StateStore;
  readonly failStop: FailStop;
  readonly unlock: () => Promise<void>;
}

async function assemble(options: EmbeddedOptions, { directory, store, failStop, unlock }: Opened): Promise<Engine> {
  const { clock, report, files = diskFiles, acceptLoss = false, dir } = options;
  const limits = { ...LIMITS, ...options };
  const folder = { files, path: directory.journal, report };
  const index = createIdIndex(store, { countMax: limits.rememberedIdsMax, report });
  const { recovered, topics } = await recover({ folder, store, index, nowMs: clock.now(), acceptLoss });
  const freeSpace = await watchFreeSpace({ files, dir, bytesMin: limits.freeBytesMin, clock, report });
  const journal = createJournal({ folder, recovered, topics, clock, failStop, limits });
  const checkpoint = createCheckpoint({ journal, index, store, clock });
  const retention = createRetention({ folder, journal, topics, checkpoint: checkpoint.save });
  const owners = createOwners(store, clock);
  const gate = createDedupeGate({ index, clock, waitingMax: limits.backlogCountMax, push: journal.push });
  await checkpoint.save();
  const pass = async () => {
    await checkpoint.save();
    retention.sweep();
  };
  const checkTaking = () => {
    life.checkOpen();
    const refusal = freeSpace.refusal();
    if (refusal !== undefined) throw refusal;
  };
  const schedules = createSchedules({ store, checkTaking, limits });
  const life = createLife({ clock, periodMs: limits.checkpointPeriodMs, failStop, report, pass });
  return {
    capabilities: { engine: "embedded", exactDuplicates: true, durable: true, recordTime: "clock" },
    layouts: null,
    cluster: null,
    catalog: createCatalog(store, freeSpace.check),
    log: createLog({ store, journal, topics, gate, freeSpace, retention, checkOpen: life.checkOpen }),
    owners,
    ...createPositions(store, clock),
    schedules,
    nodes: loneNode(options.node ?? LOCAL_NODE, clock.now(), owners.holds),
    async status() {
      const freeBytes = await freeSpace.bytes();
      return {
        location: dir,
        storedBytes: journal.storedBytes() + (await store.bytes()),
        freeBytes,
        rememberedIds: index.count(),
        rememberedIdsMax: limits.rememberedIdsMax,
        scheduled: schedules.total(),
        refusing: (failStop.failure ?? freeSpace.refusal())?.message ?? null,
      };
    },
    close: () =>
      life.end(owners.leave, [
        journal.drained,
        async () => topics.forEach(wakeAll),
        checkpoint.save,
        retention.settled,
        journal.close,
        store.close,
        unlock,
      ]),
  };
}
