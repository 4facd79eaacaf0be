import type { SubscriptionDeleteReply } from "../api/subscription.ts";
import type { TopicDeleteReply } from "../api/topic.ts";
import { countText, plural } from "./fields.ts";

/** What deleting a topic does, a line each. */
export function topicDeletion(deletion: TopicDeleteReply): string[] {
  const { name, imported, messages, scheduled, schemaVersion, subscriptions } = deletion;
  const schema = schemaVersion === null ? "" : " and its schema";
  return [
    imported
      ? `Lets go of topic ${name}${schema}; the Kafka topic and its messages stay.`
      : `Deletes topic ${name}, ${plural(messages, "message")}${schema}.`,
    ...(scheduled === 0
      ? []
      : [`Deletes what is scheduled for ${name}, never to be published: ${countText(scheduled)}.`]),
    ...subscriptions.flatMap(subscriptionDeletion),
  ];
}

export function subscriptionDeletion({ name, lag, ...errors }: SubscriptionDeleteReply): string[] {
  const undelivered =
    lag === 0 ? "nothing is undelivered" : `${countText(lag)} undelivered of its messages are not delivered any more`;
  return [`Deletes subscription ${name}: ${undelivered}.`, ...errorsLine(errors)];
}

function errorsLine({
  deadLetterTopic,
  deadLetters,
  errorsPurged,
}: Omit<SubscriptionDeleteReply, "name" | "lag">): string[] {
  if (errorsPurged) return [`Deletes ${deadLetterTopic} and ${plural(deadLetters, "dead letter")} in it.`];
  return deadLetters === 0 ? [] : [`Keeps ${plural(deadLetters, "dead letter")} in ${deadLetterTopic}.`];
}
