import type { GroupEntry, GroupList } from "../../domain/consumer-group.ts";
import { KBrokerError } from "../../domain/error.ts";
import { nearest } from "../../domain/nearest.ts";
import type { GroupOwner, GroupPage, GroupPageView, GroupView } from "../requests/cluster.ts";
import { clusterOf } from "./cluster.ts";
import type { Control } from "./control.ts";

type Looking = Pick<Control, "engine" | "view" | "clock">;

/** What other nodes did a moment ago is waited for so long; then the answer is what this one knows. */
const CAUGHT_UP_MS_MAX = 1_000;

export async function listGroups(control: Looking, { limit, after, all, brief }: GroupPage): Promise<GroupPageView> {
  const cluster = clusterOf(control.engine);
  await caughtUpSoon(control);
  const { groups, unheard } = await cluster.groups();
  const asked = groups.filter(({ kind }) => all || kind !== "kbroker");
  const rest = after === undefined ? asked : asked.filter(({ name }) => name > after);
  const page = rest.slice(0, limit);
  const ownerOf = ownersOf(control);
  const looked = brief ? page : await cluster.look(page);
  return {
    groups: looked.map((group) => ({ ...group, ...ownerOf(group) })),
    ...{ unheard, total: asked.length },
    next: rest.length > page.length ? (page.at(-1)?.name ?? null) : null,
  };
}

/** By its own name, else that of the subscription. Fails with `group_not_found` and the nearest name. */
export async function describeGroup(control: Looking, name: string): Promise<GroupView> {
  const cluster = clusterOf(control.engine);
  await caughtUpSoon(control);
  const found = (await cluster.group(name)) ?? (await ofSubscription(control, name));
  if (found === undefined) throw notFound(name, await cluster.groups());
  return { ...found, ...ownersOf(control)(found) };
}

/** With a prefix the group of a subscription has another name than the subscription. */
async function ofSubscription({ engine, view }: Looking, name: string) {
  const subscription = view.subscription(name);
  if (subscription === undefined) return undefined;
  const cluster = clusterOf(engine);
  const group = cluster.groupOf(subscription.value.id);
  return group === name ? undefined : cluster.group(group);
}

function ownersOf({ engine, view }: Looking): (group: GroupEntry) => GroupOwner {
  const names = new Map(view.subscriptionDocuments().map(({ value: { id, name } }) => [id, name]));
  return ({ kind, resource }) => ({
    subscription: kind === "subscription" && resource !== null ? (names.get(resource) ?? null) : null,
    owner: resource === null ? null : (engine.nodes.ownerOf(resource)?.id ?? null),
  });
}

function notFound(name: string, { groups, unheard }: GroupList): KBrokerError {
  const silent = unheard.map(({ broker }) => broker);
  if (silent.length > 0) {
    const who = silent.length === 1 ? `broker ${silent[0]}` : `the brokers ${silent.join(", ")}`;
    return new KBrokerError("engine_unavailable", `No group "${shown(name)}" was found, and ${who} did not answer.`, {
      hint: "kbroker cluster describe",
      retryAfterS: 5,
    });
  }
  const near = nearest(
    name,
    groups.map((group) => group.name),
  );
  const meant = near === undefined ? "" : ` Did you mean "${near}"?`;
  return new KBrokerError("group_not_found", `There is no consumer group "${shown(name)}".${meant}`, {
    hint: near === undefined ? "kbroker group list --all" : `kbroker group describe ${near}`,
  });
}

/** A name from a request may be as long as a URL. */
function shown(name: string): string {
  return name.length <= 200 ? name : `${name.slice(0, 200)}…`;
}

async function caughtUpSoon({ engine, clock }: Looking): Promise<void> {
  const enough = new AbortController();
  const caughtUp = engine.catalog.caughtUp().catch((error: unknown) => {
    // The storage of the catalog may be what is looked at.
    if (!(error instanceof KBrokerError)) throw error;
  });
  await Promise.race([caughtUp, clock.after(CAUGHT_UP_MS_MAX, enough.signal)]);
  enough.abort();
}
