import { decodeCursor } from "../../../domain/cursor-codec.ts";
import type { Cursors, ShardCursor } from "../../port.ts";
import type { Holds } from "../fold/holds.ts";
import { commitFenced } from "../owners/fence.ts";
import { fetchOffsets, type GroupOffset } from "../owners/offsets.ts";
import type { KafkaOwners } from "../owners/owners.ts";
import type { Wire } from "../wire/wire.ts";
import type { Commits, TopicNames } from "./commit.ts";
import { cursorOfTool } from "./fit-cursor.ts";
import { forgetGroup } from "./forget-group.ts";
import { commitUnowned } from "./group-calls.ts";
import type { Groups } from "./groups.ts";
import type { ParkedLog } from "./parked-log.ts";
import { takeGroup } from "./take-group.ts";

export interface CursorsDeps {
  readonly wire: Wire;
  readonly owners: Pick<KafkaOwners, "holdOf">;
  readonly groups: Groups;
  /** Before the names of subscriptions' groups. */
  readonly groupPrefix: string;
  readonly names: TopicNames;
  readonly commits: Commits;
  readonly parked: ParkedLog;
  readonly holds: Holds;
  readonly forgetReport: (resource: string) => Promise<void>;
  /** Wall time. */
  readonly now: () => number;
}

/** Where subscriptions stand, as offsets of their consumer groups: Kafka's own tools see how far each of them is. */
export function kafkaCursors(deps: CursorsDeps): Cursors {
  const { wire, owners, groups, groupPrefix, commits, parked, holds } = deps;
  return {
    async init(subscriptionId, cursors, settings) {
      const name = settings?.name;
      if (name !== undefined) await takeGroup(deps, { subscriptionId, group: groupPrefix + name });
      const group = groups.of(subscriptionId);
      if (cursors.length > 0) await commits.write(cursors, (topics) => commitUnowned(wire, group, topics));
    },
    async load(subscriptionId) {
      const offsets = await fetchOffsets(wire, groups.of(subscriptionId));
      return offsets.flatMap((offset) => cursorOf(deps, subscriptionId, offset) ?? []);
    },
    async commit(ownership, cursors, unpark = []) {
      const hold = owners.holdOf(ownership);
      if (cursors.length === 0) await hold.confirm();
      else await commits.write(cursors, (topics) => hold.fenced((fence) => commitFenced(wire, fence, topics)));
      if (unpark.length === 0) return;
      hold.takeFound();
      await parked.remove(ownership.resource, ownership.epoch, unpark);
      // A successor has read what lay there before: only one that was let in after this has seen the removal.
      await hold.confirm();
    },
    async forget(subscriptionId) {
      const group = groups.of(subscriptionId);
      await forgetGroup(wire, group, () => parked.forget(subscriptionId));
      await deps.forgetReport(subscriptionId);
      await holds.forget(subscriptionId);
      await groups.free(group);
    },
  };
}

function cursorOf({ names }: CursorsDeps, subscriptionId: string, found: GroupOffset): ShardCursor | undefined {
  const cursor = decodeCursor(found.metadata);
  const topicId = names.idOf(found.topic) ?? cursor?.topicId;
  if (topicId === undefined) return undefined;
  const shard = { topicId, index: found.partition };
  const isOurs = cursor?.low === found.offset;
  return { shard, cursor: isOurs ? cursor : cursorOfTool(found.offset, { topicId, subscriptionId }) };
}
