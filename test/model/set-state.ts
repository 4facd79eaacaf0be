import type { Broker } from "../../src/lib/broker/broker.ts";
import type { SubscriptionState } from "../../src/lib/domain/subscription.ts";
import type { Ledger } from "./ledger.ts";

/** From the order to resume on pushes may start, and after the answer to a pause none may. */
export async function setStateOf(
  ledger: Ledger,
  broker: Broker,
  { name, state }: { readonly name: string; readonly state: SubscriptionState },
): Promise<void> {
  const subscription = ledger.subscriptions.get(name);
  if (subscription === undefined) return;
  ledger.changing = name;
  if (state === "active") subscription.state = state;
  await (state === "active" ? broker.resumeSubscription(name) : broker.pauseSubscription(name));
  subscription.state = state;
  ledger.changing = undefined;
}
