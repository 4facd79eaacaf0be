import { KBrokerError } from "../../../domain/error.ts";
import type { Holds } from "../fold/holds.ts";
import { fetchOffsets } from "../owners/offsets.ts";
import type { Wire } from "../wire/wire.ts";
import { forgetGroup } from "./forget-group.ts";
import { countMembers } from "./group-calls.ts";
import type { GroupClaim, Groups } from "./groups.ts";

export interface TakeGroupDeps {
  readonly wire: Wire;
  readonly groups: Groups;
  readonly holds: Pick<Holds, "of">;
  readonly now: () => number;
}

/** So old, and never owned: whoever began to create it died over it. */
const LEFT_OVER_MS = 60_000;

/** Makes the group the subscription's own. Fails with `subscription_exists` where it is another's, and leaves that as it is. */
export async function takeGroup(
  deps: TakeGroupDeps,
  { subscriptionId, group }: { readonly subscriptionId: string; readonly group: string },
): Promise<void> {
  const { wire, groups } = deps;
  const first = await groups.claim(subscriptionId, group);
  if (first.subscriptionId !== subscriptionId) {
    if (!isLeftOver(deps, first)) throw exists(group, "it belongs to another subscription of kbroker");
    await forgetGroup(wire, group, async () => {});
    await groups.free(group);
    const again = await groups.claim(subscriptionId, group);
    if (again.subscriptionId !== subscriptionId) throw exists(group, "it belongs to another subscription of kbroker");
  }
  const isUsed = (await countMembers(wire, group)) > 0 || (await fetchOffsets(wire, group)).length > 0;
  if (!isUsed) return;
  await groups.free(group);
  throw exists(group, "it is not kbroker's");
}

function isLeftOver({ holds, now }: TakeGroupDeps, { subscriptionId, atMs }: GroupClaim): boolean {
  return now() - atMs > LEFT_OVER_MS && holds.of(subscriptionId) === undefined;
}

function exists(group: string, why: string): KBrokerError {
  return new KBrokerError("subscription_exists", `Kafka has a consumer group "${group}" already, and ${why}.`, {
    hint: `Choose another name. Or, where nothing needs the group any more: kafka-consumer-groups.sh --bootstrap-server <host:port> --delete --group ${group}`,
  });
}
