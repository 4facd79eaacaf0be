import type { TopicDescribeReply, TopicReply } from "../api/topic.ts";
import { formatDuration } from "../domain/duration.ts";
import type { Paint } from "./colour.ts";
import { countText, type Field, fieldsText, plural } from "./fields.ts";
import type { Column } from "./table.ts";

type Layout = NonNullable<TopicReply["layout"]>;
type Details = NonNullable<TopicDescribeReply["layout"]>;

export function renderTopic(topic: TopicDescribeReply, paint: Paint): string {
  const { name, visibility, purpose, subscriptions, schemaVersion, layout } = topic;
  const fields = fieldsText(
    [
      ["schema", schemaVersion === null ? "none" : `version ${schemaVersion}`],
      [layout?.imported === true ? "delivered" : "kept", keptText(topic)],
      ["messages", countText(topic.messages)],
      ["subscriptions", subscriptions.length === 0 ? "none" : subscriptions.join(", ")],
      ...(layout === null ? [] : layoutFields(layout)),
      ["created", topic.createdAt],
      ["id", topic.id],
    ],
    paint,
  );
  return `${paint.bold(name)} ${purpose === "dead-letter" ? "dead letter topic" : `${visibility} topic`}\n${fields}`;
}

function keptText({ ttlMs, layout }: TopicReply): string {
  const kept = formatDuration(ttlMs);
  return layout?.imported === true ? `for ${kept}; Kafka says how long it is kept` : kept;
}

function layoutFields(layout: Details): readonly Field[] {
  const configs = Object.entries(layout.configs);
  const unwell = layout.placement.filter(
    ({ leader, replicas, inSync }) => leader === null || inSync.length < replicas.length,
  );
  return [
    [
      "Kafka topic",
      `${layout.kafkaTopic}${layout.imported ? ", imported" : ""}${layout.compacted ? ", compacted" : ""}`,
    ],
    ["partitions", countText(layout.partitions)],
    ["replicas", `${countText(layout.replicationFactor)}${unwell.length === 0 ? ", all in sync" : ""}`],
    ...(unwell.length === 0 ? [] : [["not in sync", unwellText(unwell)] satisfies Field]),
    ...configs.map(([key, value]): Field => [key, value]),
  ];
}

/** The first are enough to see what is wrong; -o wide has them all. */
const UNWELL_SHOWN_MAX = 10;

function unwellText(unwell: Details["placement"]): string {
  const shown = unwell.slice(0, UNWELL_SHOWN_MAX).map(({ partition }) => String(partition));
  const more = unwell.length - shown.length;
  return `partition ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** "12 partitions with 3 replicas". */
export function layoutText({ partitions, replicationFactor }: Layout): string {
  return `${plural(partitions, "partition")} with ${plural(replicationFactor, "replica")}`;
}

const ids = (brokers: readonly number[]) => brokers.join(",");

/** Where each partition lies. */
export const placementColumns: readonly Column<Details["placement"][number]>[] = [
  { head: "PARTITION", text: ({ partition }) => String(partition), align: "right" },
  { head: "LEADER", text: ({ leader }) => (leader === null ? "none" : String(leader)), align: "right" },
  { head: "REPLICAS", text: ({ replicas }) => ids(replicas) },
  { head: "IN SYNC", text: ({ inSync }) => ids(inSync) },
];
