import type { Clock } from "../../domain/clock.ts";
import { brokersText, type KafkaSettings } from "../../domain/kafka-settings.ts";
import type { NodeName } from "../../domain/node.ts";
import { createOpened, type Opened } from "../../domain/opened.ts";
import type { Report } from "../../domain/report.ts";
import type { Engine, EngineStatus } from "../port.ts";
import { openCatalog } from "./catalog.ts";
import { kafkaCluster } from "./cluster/cluster.ts";
import { REMEMBERED_IDS_MAX } from "./dedupe.ts";
import { openStatus } from "./fold/status.ts";
import { createKafkaLog } from "./log.ts";
import { openOwnership } from "./ownership.ts";
import { openProducing } from "./produce/open-producing.ts";
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
  const opened = createOpened();
  try {
    const wire = opened.add(openWire({ settings, clock: networkClock }), (each) => each.close());
    return await assemble(options, wire, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function assemble(
  { settings, node, clock, report, prefix: installation = "", limits }: KafkaEngineOptions,
  wire: Wire,
  opened: Opened,
): Promise<Engine> {
  const { partitions, parkedPartitions, schedulePartitions } = { ...LIMITS, ...limits };
  const prefix = `${installation}__kbroker`;
  const producing = opened.add(openProducing(wire), (each) => each.close());
  const state = { wire, producing, report, prefix };
  const { catalog, own: documents, outage } = opened.add(await openCatalog(state), (each) => each.close());
  const status = opened.add(await openStatus(state), async (each) => each.close());
  const topicPrefix = installation;
  const log = opened.add(createKafkaLog({ wire, producing, documents, partitions, topicPrefix }), async (each) =>
    each.close(),
  );
  const ownership = await openOwnership({
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
  const { nodes, owners, cursors, parked, groups } = opened.add(ownership, (each) => each.owners.close());
  const { confirm } = owners;
  const schedules = opened.add(
    await openSchedules({ ...state, partitions: schedulePartitions, confirm }),
    async (each) => {
      // Whoever fires them lets go first.
      await owners.close();
      await each.close();
    },
  );

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
  return {
    capabilities: { engine: "kafka", exactDuplicates: false, durable: true, recordTime: "storage" },
    catalog,
    log,
    layouts: log.layouts,
    owners,
    cursors,
    parked,
    reports: createReports({ status, clock, confirm }),
    schedules,
    nodes,
    cluster: kafkaCluster({ wire, documents, groups, prefix }),
    status: engineStatus,
    close: opened.close,
  };
}
