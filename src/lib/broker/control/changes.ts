import type { Connector } from "../../domain/connector.ts";
import { durationText } from "../../domain/duration.ts";
import { secretText } from "../../domain/secret.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Topic } from "../../domain/topic.ts";
import type { Change } from "../requests/subscriptions.ts";

/** Settings by the names and in the words in which a request gives them. */
type Settings = Readonly<Record<string, string>>;

export function settingsOfTopic({ ttlMs, visibility }: Topic): Settings {
  return { ttl: durationText(ttlMs), visibility };
}

export function settingsOfSubscription(subscription: Subscription): Settings {
  const { endpoint, retry, timeoutMs, maxInFlight, permanentStatuses = [], onRejecting = "hold" } = subscription;
  return {
    endpoint,
    retryDelays: retry.kind === "list" ? retry.delaysMs.map(durationText).join(",") : "default",
    timeout: durationText(timeoutMs),
    maxInFlight: String(maxInFlight),
    permanentStatuses: permanentStatuses.length === 0 ? "none" : permanentStatuses.join(","),
    onRejecting,
  };
}

export function settingsOfConnector({ database, tables, onOversize, retainedBytesWarn }: Connector): Settings {
  const { host, port, user, password, tls } = database;
  return {
    ...{ host, port: String(port), user, password: secretText(password), tls },
    tables: tables.map(({ schema, table }) => `${schema}.${table}`).join(","),
    ...{ onOversize, retainedBytesWarn: String(retainedBytesWarn) },
  };
}

export function changesBetween(before: Settings, after: Settings): readonly Change[] {
  return Object.entries(after).flatMap(([setting, to]) => {
    const from = before[setting] ?? "";
    return from === to ? [] : [{ setting, from, to }];
  });
}
