import type { ConnectorReply } from "../api/connector.ts";
import type { DeadLetter } from "../api/dead-letter.ts";
import type { ScheduledItem } from "../api/schedule.ts";
import type { SubscriptionReply } from "../api/subscription.ts";
import type { TopicReply } from "../api/topic.ts";
import { bytesText } from "../domain/bytes-text.ts";
import { formatDuration } from "../domain/duration.ts";
import { countText } from "./fields.ts";
import type { ListView } from "./list-view.ts";
import { retryText } from "./render-subscription.ts";
import { tableNameText } from "./table-name.ts";

/** Nothing on an engine without partitions. */
function layoutCount(count: (layout: NonNullable<TopicReply["layout"]>) => number) {
  return ({ layout }: TopicReply) => (layout === null ? "" : countText(count(layout)));
}

export const topicView: ListView<TopicReply> = {
  columns: [
    { head: "NAME", text: ({ name }) => name },
    { head: "KIND", text: (topic) => (topic.purpose === "dead-letter" ? "dead letters" : topic.visibility) },
    { head: "SCHEMA", text: ({ schemaVersion }) => (schemaVersion === null ? "none" : `v${schemaVersion}`) },
    { head: "KEPT", text: ({ ttlMs }) => formatDuration(ttlMs) },
    { head: "MESSAGES", text: ({ messages }) => countText(messages), align: "right" },
    { head: "SUBSCRIPTIONS", text: ({ subscriptions }) => countText(subscriptions.length), align: "right" },
    { head: "PARTITIONS", text: layoutCount(({ partitions }) => partitions), align: "right", wide: true },
    { head: "REPLICAS", text: layoutCount(({ replicationFactor }) => replicationFactor), align: "right", wide: true },
    { head: "READ BY", text: ({ subscriptions }) => subscriptions.join(","), wide: true },
    { head: "CREATED", text: ({ createdAt }) => createdAt, wide: true },
    { head: "ID", text: ({ id }) => id, wide: true },
  ],
  empty: "There is no topic yet. Create one: kbroker topic create <name>",
};

export const subscriptionView: ListView<SubscriptionReply> = {
  columns: [
    { head: "NAME", text: ({ name }) => name },
    { head: "TOPIC", text: ({ topic }) => topic },
    { head: "STATE", text: ({ state }) => state },
    { head: "HEALTH", text: ({ health }) => health },
    { head: "LAG", text: ({ lag }) => countText(lag), align: "right" },
    { head: "PARKED", text: ({ parked }) => countText(parked), align: "right" },
    { head: "DEAD", text: ({ deadLetters }) => countText(deadLetters), align: "right" },
    { head: "ENDPOINT", text: ({ endpoint }) => endpoint },
    { head: "WHY", text: ({ healthReason }) => healthReason ?? "", wide: true },
    { head: "RETRY", text: ({ retry }) => retryText(retry), wide: true },
    { head: "TIMEOUT", text: ({ timeoutMs }) => formatDuration(timeoutMs), wide: true },
    { head: "MAX IN FLIGHT", text: ({ maxInFlight }) => countText(maxInFlight), align: "right", wide: true },
    { head: "CREATED", text: ({ createdAt }) => createdAt, wide: true },
    { head: "ID", text: ({ id }) => id, wide: true },
  ],
  empty:
    "There is no subscription yet. Create one: kbroker subscription create <name> --topic <topic> --endpoint <url>",
};

export const connectorView: ListView<ConnectorReply> = {
  columns: [
    { head: "NAME", text: ({ name }) => name },
    { head: "STATUS", text: ({ status }) => status },
    { head: "LAG", text: ({ lagBytes }) => bytesText(lagBytes), align: "right" },
    { head: "TIME", text: ({ lagMs }) => (lagMs === null ? "unknown" : formatDuration(lagMs)), align: "right" },
    { head: "DATABASE", text: ({ database }) => `${database.host}/${database.database}` },
    { head: "TABLES", text: ({ tables }) => someOf(tables.map(tableNameText)) },
    { head: "WHY", text: ({ fault, warnings }) => (fault ?? warnings[0])?.message ?? "", wide: true },
    { head: "RETAINED", text: ({ retainedBytes }) => bytesText(retainedBytes), align: "right", wide: true },
    { head: "CHANGES", text: ({ changes }) => countText(changes), align: "right", wide: true },
    { head: "POSITION", text: ({ position }) => position ?? "", wide: true },
    { head: "SLOT", text: ({ slot }) => slot, wide: true },
    { head: "ALL TABLES", text: ({ tables }) => tables.map(tableNameText).join(","), wide: true },
    { head: "CREATED", text: ({ createdAt }) => createdAt, wide: true },
    { head: "ID", text: ({ id }) => id, wide: true },
  ],
  empty: "There is no connector yet. Create one: kbroker connector create",
};

/** The first, and how many more. */
function someOf([first = "", ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first},+${others.length}`;
}

export const deadLetterView: Pick<ListView<DeadLetter>, "columns"> = {
  columns: [
    { head: "ID", text: ({ id }) => id },
    { head: "FAILED AT", text: ({ failedAt }) => failedAt },
    { head: "ATTEMPTS", text: ({ attempts }) => countText(attempts), align: "right" },
    { head: "STATUS", text: ({ status }) => (status === null ? "none" : String(status)), align: "right" },
    { head: "STATE", text: ({ state }) => state },
    { head: "REASON", text: ({ reason }) => reason },
    { head: "KEY", text: ({ key }) => key ?? "", wide: true },
    { head: "CLASS", text: (entry) => entry.class, wide: true },
    { head: "PUBLISHED", text: ({ publishTime }) => publishTime, wide: true },
    { head: "REDRIVES", text: ({ redriveCount }) => countText(redriveCount), align: "right", wide: true },
    { head: "FIRST FAILURE", text: ({ firstFailureAt }) => firstFailureAt, wide: true },
    { head: "SIZE", text: ({ payloadBytes }) => bytesText(payloadBytes), align: "right", wide: true },
    { head: "FROM", text: (entry) => `${entry.sourceTopic}/${entry.source.shard}:${entry.source.offset}`, wide: true },
    { head: "POSITION", text: ({ position }) => position, wide: true },
  ],
};

export const scheduledView: Pick<ListView<ScheduledItem>, "columns"> = {
  columns: [
    { head: "ID", text: ({ id }) => id },
    { head: "SCHEDULED FOR", text: ({ scheduledFor }) => scheduledFor },
    { head: "SIZE", text: ({ payloadBytes }) => bytesText(payloadBytes), align: "right" },
    { head: "KEY", text: ({ key }) => key ?? "" },
    { head: "SCHEDULED AT", text: ({ scheduledAt }) => scheduledAt, wide: true },
    { head: "ATTRIBUTES", text: ({ attributes }) => attributesText(attributes), wide: true },
  ],
};

function attributesText(attributes: ScheduledItem["attributes"]): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}
