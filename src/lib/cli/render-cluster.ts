import type { ClusterReply } from "../api/cluster.ts";
import type { Paint } from "./colour.ts";
import { countText, fieldsText, plural } from "./fields.ts";
import { type Column, tableText } from "./table.ts";

/** More are counted above; --json has them one by one. */
const ROWS_SHOWN_MAX = 20;

/** Whether all is well comes first: that is what one looks for at night. */
export function renderCluster(cluster: ClusterReply, paint: Paint): string {
  const { id, well, brokers, problems } = cluster;
  const verdict = well ? paint.green("all is well") : paint.red("not well");
  const parts = [
    `${paint.bold("Kafka cluster")} ${id}: ${verdict}\n${sentences(cluster).join("\n")}\n`,
    fieldsText(fields(cluster), paint),
    `${tableText(brokers, BROKER_COLUMNS, paint)}\n`,
  ];
  if (problems.length > 0) parts.push(problemsText(cluster, paint));
  return parts.join("\n");
}

function sentences(cluster: ClusterReply): readonly string[] {
  const { well, counts, brokers } = cluster;
  const said = [
    ...brokers.flatMap(brokerSentence),
    ...(counts.missing === 0
      ? []
      : [`${plural(counts.missing, "topic")} of kbroker's ${are(counts.missing)} not in Kafka any more.`]),
    ...(counts.leaderless === 0
      ? []
      : [
          `${plural(counts.leaderless, "partition")} ${have(counts.leaderless)} no leader: nothing is read or written there.`,
        ]),
    ...(counts.belowMinimum === 0
      ? []
      : [
          `${plural(counts.belowMinimum, "partition")} ${have(counts.belowMinimum)} fewer replicas in sync than min.insync.replicas: nothing is written there.`,
        ]),
    ...(counts.underReplicated === 0
      ? []
      : [
          `${plural(counts.underReplicated, "partition")} ${have(counts.underReplicated)} a replica that is not in sync; they work.`,
        ]),
  ];
  return well ? ["Every partition of kbroker's topics has its leader and all its replicas.", ...said] : said;
}

function brokerSentence({ id, address, state, replicas }: ClusterReply["brokers"][number]): readonly string[] {
  const who = `Broker ${id}${address === null ? "" : ` (${address})`}`;
  if (state === "silent") return [`${who} does not answer this node, though Kafka counts on it.`];
  if (state === "up") return [];
  return [
    `${who} is away; ${replicas === 0 ? "nothing of kbroker's is on it" : `${plural(replicas, "replica")} of kbroker's ${are(replicas)} on it`}.`,
  ];
}

const are = (count: number) => (count === 1 ? "is" : "are");
const have = (count: number) => (count === 1 ? "has" : "have");

function fields({ release, metadataVersion, controller, topics, ownTopics }: ClusterReply) {
  return [
    ["features", featuresText(release, metadataVersion)],
    ["controller", controller === null ? "unknown; it takes the right Describe on the cluster" : String(controller)],
    ["topics", `${countText(topics.topics)} with ${plural(topics.partitions, "partition")}`],
    ["kbroker's own", `${countText(ownTopics.topics)} with ${plural(ownTopics.partitions, "partition")}`],
  ] as const;
}

function featuresText(release: string | null, metadataVersion: number | null): string {
  if (metadataVersion === null) return "unknown";
  return release === null
    ? `metadata.version ${metadataVersion}`
    : `Kafka ${release} (metadata.version ${metadataVersion})`;
}

const BROKER_COLUMNS: readonly Column<ClusterReply["brokers"][number]>[] = [
  { head: "BROKER", text: ({ id }) => String(id) },
  { head: "ADDRESS", text: ({ address }) => address ?? "unknown" },
  { head: "RACK", text: ({ rack }) => rack ?? "" },
  { head: "STATE", text: ({ state }) => state },
  { head: "LEADS", text: ({ leads }) => countText(leads), align: "right" },
  { head: "REPLICAS", text: ({ replicas }) => countText(replicas), align: "right" },
];

type Problem = ClusterReply["problems"][number];

/** What is the same about partitions of one topic. */
interface ProblemRow extends Pick<Problem, "kind" | "topic"> {
  readonly partitions: readonly number[];
  /** Brokers that are to have a copy and have not all of it. */
  readonly behind: readonly number[];
}

const PROBLEM_COLUMNS: readonly Column<ProblemRow>[] = [
  { head: "PROBLEM", text: ({ kind }) => kind },
  { head: "TOPIC", text: ({ topic }) => topic },
  { head: "PARTITIONS", text: ({ partitions }) => (partitions.length === 0 ? "all" : rangesText(partitions)) },
  { head: "NOT IN SYNC", text: ({ behind }) => behind.join(",") },
];

function problemsText({ problems, counts }: ClusterReply, paint: Paint): string {
  const rows = rowsOf(problems);
  const table = tableText(rows.slice(0, ROWS_SHOWN_MAX), PROBLEM_COLUMNS, paint);
  const all = counts.missing + counts.leaderless + counts.belowMinimum + counts.underReplicated;
  const isWhole = rows.length <= ROWS_SHOWN_MAX && all === problems.length;
  return isWhole ? `${table}\n` : `${table}\nThese are not all: kbroker cluster describe --json\n`;
}

function rowsOf(problems: readonly Problem[]): readonly ProblemRow[] {
  const rows = new Map<string, { kind: Problem["kind"]; topic: string; partitions: number[]; behind: Set<number> }>();
  for (const { kind, topic, partition, replicas, inSync } of problems) {
    const row = rows.get(`${kind} ${topic}`) ?? { kind, topic, partitions: [], behind: new Set() };
    rows.set(`${kind} ${topic}`, row);
    if (partition !== null) row.partitions.push(partition);
    for (const id of replicas) if (!inSync.includes(id)) row.behind.add(id);
  }
  return Array.from(rows.values(), ({ behind, ...row }) => ({
    ...row,
    behind: Array.from(behind).sort((a, b) => a - b),
  }));
}

/** "0-5,7" */
function rangesText(partitions: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const partition of partitions) {
    const last = ranges.at(-1);
    if (last?.to === partition - 1) last.to = partition;
    else ranges.push({ from: partition, to: partition });
  }
  return ranges.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(",");
}
