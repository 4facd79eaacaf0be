import type { Clock } from "../../domain/clock.ts";
import { brokersText, type KafkaSettings } from "../../domain/kafka-settings.ts";
import type { NodeName } from "../../domain/node.ts";
import type { Engine, EngineStatus } from "../port.ts";
import { openCatalog } from "./catalog.ts";
import { REMEMBERED_IDS_MAX } from "./dedupe.ts";
import { openStatus } from "./fold/status.ts";
import { createKafkaLog } from "./log.ts";
import { openOwnership } from "./ownership.ts";
import { openProducing } from "./produce/open-producing.ts";
import type { Report } from "./report.ts";
import { createReports } from "./reports.ts";
import { openSchedules } from "./schedules.ts";
import { topicNames } from "./topic-names.ts";
import { openWire, type Wire } from "./wire/wire.ts";

export interface KafkaEngineOptions {
  readonly settings: KafkaSettings;
  /** How this node calls itself among those that work on the cluster. */
  readonly node: NodeName;
  /** Of wall time: when what owners tell was told. */
  readonly clock: Clock;
  /** Of waits and deadlines. Left out: the same. */
  readonly networkClock?: Clock;
  readonly report: Report;
  /** Before the names of all topics and groups in Kafka: with different ones, several work on one cluster and know nothing of each other. */
  readonly prefix?: string;
  readonly limits?: Partial<KafkaLimits>;
}

export interface KafkaLimits {
  /** Of a new topic. */
  readonly partitions: number;
  /** Of the topics that the engine keeps for itself, where they are not there yet. */
  readonly parkedPartitions: number;
  readonly schedulePartitions: number;
}

const LIMITS: KafkaLimits = { partitions: 6, parkedPartitions: 64, schedulePartitions: 8 };

/**
 * The engine for when one machine is not enough: topics are Kafka's, subscriptions are consumer groups, and everything else lies in compacted
 * topics that every node folds. Fails with `engine_unavailable` or `engine_denied` where the cluster cannot be worked on.
 */
export async function openKafkaEngine(options: KafkaEngineOptions): Promise<Engine> {
  const { settings, clock, networkClock = clock } = options;
  const wire = openWire({ settings, clock: networkClock });
  const closers: (() => Promise<void> | void)[] = [() => wire.close()];
  try {
    return await assemble(options, wire, closers);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

async function assemble(
  { settings, node, clock, report, prefix: installation = "", limits }: KafkaEngineOptions,
  wire: Wire,
  closers: (() => Promise<void> | void)[],
): Promise<Engine> {
  const { partitions, parkedPartitions, schedulePartitions } = { ...LIMITS, ...limits };
  const prefix = `${installation}__kbroker`;
  const producing = openProducing(wire);
  closers.push(() => producing.close());
  const state = { wire, producing, report, prefix };
  const { catalog, own: documents, outage, close: closeCatalog } = await openCatalog(state);
  closers.push(closeCatalog);
  const status = await openStatus(state);
  closers.push(() => status.close());
  const log = createKafkaLog({ wire, producing, documents, partitions, topicPrefix: installation });
  closers.push(() => log.close());
  const { nodes, owners, cursors, parked } = await openOwnership({
    ...{
      ...state,
      groupPrefix: installation,
      clock,
      node,
      parkedPartitions,
      documents,
      holds: status.holds,
      names: topicNames(documents),
    },
    forgetReport: (resource) => status.forgetReports(resource),
  });
  closers.push(() => owners.close());
  const { confirm } = owners;
  const schedules = await openSchedules({ ...state, partitions: schedulePartitions, confirm });
  closers.splice(closers.length - 1, 0, () => schedules.close());

  const engineStatus = async (): Promise<EngineStatus> => ({
    location: `Kafka ${wire.clusterId() ?? ""} at ${brokersText(settings.brokers)}`,
    storedBytes: null,
    freeBytes: null,
    rememberedIds: log.rememberedIds(),
    rememberedIdsMax: REMEMBERED_IDS_MAX,
    scheduled: schedules.total(),
    // Told by what is read all the time: a node that nobody publishes to knows it, too, and knows when it is over.
    refusing: outage() ?? null,
  });
  let closing: Promise<void> | undefined;
  return {
    capabilities: { engine: "kafka", exactDuplicates: false, durable: true, recordTime: "storage" },
    catalog,
    log,
    owners,
    cursors,
    parked,
    reports: createReports({ status, clock, confirm }),
    schedules,
    nodes,
    status: engineStatus,
    close() {
      closing ??= closeAll(closers);
      return closing;
    },
  };
}

/** The last one first, each even when another fails. */
async function closeAll(closers: readonly (() => Promise<void> | void)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closers.toReversed()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
