import type { SubscriptionReply } from "../api/subscription.ts";
import { formatDuration } from "../domain/duration.ts";
import type { Paint } from "./colour.ts";
import { countText, fieldsText } from "./fields.ts";

export function renderSubscription(subscription: SubscriptionReply, paint: Paint): string {
  const { name, state, health, healthReason } = subscription;
  const fields = fieldsText(
    [
      ["topic", subscription.topic],
      ["endpoint", subscription.endpoint],
      ["health", healthReason === null ? health : `${health}: ${healthReason}`],
      ["lag", countText(subscription.lag)],
      ["parked", countText(subscription.parked)],
      [
        "dead letters",
        `${countText(subscription.deadLetters)} in ${subscription.deadLetterTopic}${asideText(subscription)}`,
      ],
      ["retry", retryText(subscription.retry)],
      ["timeout", formatDuration(subscription.timeoutMs)],
      ["max in flight", countText(subscription.maxInFlight)],
      ["permanent statuses", finalText(subscription)],
      ["created", subscription.createdAt],
      ["id", subscription.id],
    ],
    paint,
  );
  return `${paint.bold(name)} ${state === "active" ? paint.green(state) : paint.yellow(state)}\n${fields}`;
}

function asideText({ setAside }: SubscriptionReply): string {
  return (setAside ?? 0) === 0 ? "" : `, and ${countText(setAside)} set aside`;
}

function finalText({ permanentStatuses, onRejecting }: SubscriptionReply): string {
  if (permanentStatuses.length === 0) return "none";
  const then = onRejecting === "hold" ? "held" : "given up";
  return `${permanentStatuses.join(", ")}; while most are refused, messages are ${then}`;
}

/** "after 1s, 5s; dead after 3 strikes". */
export function retryText(retry: SubscriptionReply["retry"]): string {
  if (retry.kind === "list") {
    const delays = retry.delaysMs.map(formatDuration).join(", ");
    return `after ${delays}; dead after ${retry.delaysMs.length + 1} strikes`;
  }
  const { firstDelayMs, factor, delayMsMax, jitter, strikesMax } = retry;
  const growth = `after ${formatDuration(firstDelayMs)}, then ×${factor} up to ${formatDuration(delayMsMax)}`;
  return `${growth}, ±${Math.round(jitter * 100)} %; dead after ${strikesMax} strikes`;
}
