import { RETRY_DEFAULT } from "../../domain/retry.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { subscriptionNamed } from "../lookup.ts";
import type { Change, UpdatedSubscription, UpdateSubscription } from "../requests/subscriptions.ts";
import { changesBetween, settingsOfSubscription } from "./changes.ts";
import { checkLimits } from "./check-limits.ts";
import { againOnConflict, type Control } from "./control.ts";
import { checkEndpointText, describeSubscription } from "./subscriptions.ts";

/**
 * Changes what is given. Once it answers no push starts with an old setting; one that is in flight ends as it began, and counts. What is
 * as it was is no change; what is not possible changes nothing.
 */
export async function updateSubscription(
  control: Control,
  name: string,
  request: UpdateSubscription,
): Promise<UpdatedSubscription> {
  const { retryDelaysMs, ...rest } = request;
  checkLimits({ ...rest, ...(retryDelaysMs != null && { retryDelaysMs }) });
  if (request.endpoint !== undefined) checkEndpointText(control, request.endpoint);
  const changes = await againOnConflict(() => changed(control, name, request));
  return { ...(await describeSubscription(control, name)), changes };
}

async function changed(control: Control, name: string, request: UpdateSubscription): Promise<readonly Change[]> {
  const { version, value: before } = subscriptionNamed(control.view, name);
  const after = withRequest(before, request);
  const changes = changesBetween(settingsOfSubscription(before), settingsOfSubscription(after));
  if (changes.length > 0) await control.engine.catalog.put("subscription", name, after, version);
  return changes;
}

function withRequest(before: Subscription, request: UpdateSubscription): Subscription {
  const { endpoint = before.endpoint, timeoutMs = before.timeoutMs, maxInFlight = before.maxInFlight } = request;
  const { retryDelaysMs, permanentStatuses = before.permanentStatuses, onRejecting = before.onRejecting } = request;
  return {
    ...{ ...before, endpoint, timeoutMs, maxInFlight, retry: retryOf(before, retryDelaysMs) },
    ...(permanentStatuses !== undefined && { permanentStatuses }),
    ...(onRejecting !== undefined && { onRejecting }),
  };
}

function retryOf({ retry }: Subscription, delaysMs: UpdateSubscription["retryDelaysMs"]): Subscription["retry"] {
  if (delaysMs === undefined) return retry;
  return delaysMs === null ? RETRY_DEFAULT : { kind: "list", delaysMs };
}
