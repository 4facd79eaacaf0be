import { circuitWords, heldWords, rejectedWords } from "../../domain/endpoint-words.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { EndpointStatus } from "./delivery.ts";
import type { Endpoint } from "./endpoint.ts";

export function endpointStatus(endpoint: Endpoint): EndpointStatus {
  const { circuit = null, window, heldUntilMs = null } = endpoint.report();
  return { circuit, window: window.size, heldUntilMs };
}

/** What an operator should know of the endpoint, each in words. */
export function endpointTroubles(
  { rejected }: Endpoint,
  { circuit, heldUntilMs }: EndpointStatus,
  subscription: Subscription,
): readonly string[] {
  if (heldUntilMs !== null) return [heldWords(heldUntilMs, subscription)];
  if (circuit !== null) return [circuitWords(circuit, subscription)];
  return rejected === undefined ? [] : [rejectedWords(rejected)];
}
