import { durationText } from "../../domain/duration.ts";
import type { Paint } from "../colour.ts";
import { plural } from "../fields.ts";
import { tableText } from "../table.ts";
import { creationsOf } from "./apply.ts";
import type { Plan, SubscriptionItem, TopicItem } from "./plan.ts";

/** What will be made, in the order in which it is, and how much is there already. */
export function renderPlan(plan: Plan, paint: Paint): string {
  const table = tableText(
    creationsOf(plan),
    [
      { head: "CREATE", text: ({ kind }) => kind },
      { head: "NAME", text: ({ setup }) => setup.name },
      { head: "AS", text: (item) => (item.kind === "topic" ? topicText(item) : subscriptionText(item)) },
    ],
    paint,
  );
  const same = countsText(plan, "same");
  return same === "" ? table : `${table}\nThere already, and the same: ${same}.`;
}

/** "2 topics and 1 subscription"; empty where there is none. */
export function countsText({ topics, subscriptions }: Plan, action: "create" | "same"): string {
  const count = (items: Plan["topics"] | Plan["subscriptions"], noun: string) => {
    const found = items.filter((item) => item.action === action).length;
    return found === 0 ? [] : [plural(found, noun)];
  };
  return [...count(topics, "topic"), ...count(subscriptions, "subscription")].join(" and ");
}

function topicText({ setup: { visibility, ttlMs, schema, partitions } }: TopicItem): string {
  const lies = partitions === undefined ? "" : `, ${plural(partitions, "partition")}`;
  return `${visibility}, kept ${durationText(ttlMs)}${lies}${schema === undefined ? "" : ", with a schema"}`;
}

function subscriptionText({ setup: { topic, endpoint, state } }: SubscriptionItem): string {
  return `${state === "paused" ? "paused, " : ""}${topic} to ${endpoint}`;
}
