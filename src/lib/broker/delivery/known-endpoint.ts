import { type EndpointReport, isEndpointReport } from "../../domain/endpoint-report.ts";
import { messageOf } from "../../domain/error.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Engine } from "../../engine/port.ts";
import type { Observer } from "../observer.ts";

export interface KnownEndpoint {
  readonly engine: Engine;
  readonly observer: Observer;
  readonly subscription: Subscription;
}

/** What an earlier owner learned about the endpoint; `undefined`: nothing, and it is learned anew. No delivery ever waits for it. */
export async function knownEndpoint({
  engine,
  observer,
  subscription,
}: KnownEndpoint): Promise<EndpointReport | undefined> {
  try {
    const report = await engine.reports.read(subscription.id);
    return isEndpointReport(report?.value) ? report.value : undefined;
  } catch (error) {
    const fields = { subscription: subscription.name, error: messageOf(error) };
    observer.log("warn", "What is known of the endpoint cannot be read; it is learned anew.", fields);
    return undefined;
  }
}
