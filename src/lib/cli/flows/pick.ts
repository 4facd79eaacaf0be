import type { AdminClient } from "../../client/admin.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Prompter } from "../prompter.ts";
import { type Answered, missing } from "./flow.ts";

export type Named = "topic" | "subscription" | "connector";

const ROUTES = { topic: "topicList", subscription: "subscriptionList", connector: "connectorList" } as const;
const LABELS = { topic: "Topic", subscription: "Subscription", connector: "Connector" } as const;

export async function namesOf(what: Named, admin: AdminClient): Promise<string[]> {
  const { items } = await admin.call(ROUTES[what]);
  return items.map(({ name }) => name);
}

/** The name on the command line, else one picked from those that exist. */
export async function pickName(
  given: string | undefined,
  { ask, names, what, usage }: PickDeps,
): Promise<Answered<string>> {
  if (given !== undefined && given !== "") return { wish: given, asked: false };
  if (ask === undefined) throw missing([`<${what}>`], usage);
  const existing = await names();
  if (existing.length === 0) {
    throw new KBrokerError("usage", `There is no ${what} yet.`, { hint: `kbroker ${what} create` });
  }
  const wish = await ask.choose({
    message: LABELS[what],
    choices: existing.map((name) => ({ value: name, label: name })),
  });
  return { wish, asked: true };
}

interface PickDeps {
  readonly ask: Prompter | undefined;
  readonly names: () => Promise<readonly string[]>;
  readonly what: Named;
  readonly usage: string;
}
