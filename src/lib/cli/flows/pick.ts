import type { AdminClient } from "../../client/admin.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Prompter } from "../prompter.ts";
import { type Answered, missing } from "./flow.ts";

export type Named = "topic" | "subscription" | "connector" | "group";

const ROUTES = { topic: "topicList", subscription: "subscriptionList", connector: "connectorList" } as const;
const LABELS = { topic: "Topic", subscription: "Subscription", connector: "Connector", group: "Group" } as const;
/** Of consumer groups, which may be many more than anybody reads. */
const GROUPS_MAX = 1_000;

export async function namesOf(what: Named, admin: AdminClient): Promise<string[]> {
  if (what === "group") return groupNames(admin);
  const { items } = await admin.call(ROUTES[what]);
  return items.map(({ name }) => name);
}

export async function groupNames(admin: AdminClient): Promise<string[]> {
  const { items } = await admin.call("groupList", { query: { brief: "true", limit: GROUPS_MAX } });
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
    throw new KBrokerError("usage", `There is no ${what} yet.`, {
      hint: what === "group" ? "kbroker group list --all" : `kbroker ${what} create`,
    });
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
