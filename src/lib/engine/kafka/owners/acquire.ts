import type { Clock } from "../../../domain/clock.ts";
import { KBrokerError, messageOf } from "../../../domain/error.ts";
import type { Report } from "../../../domain/report.ts";
import type { Holds } from "../fold/holds.ts";
import type { Membership } from "../nodes/membership.ts";
import type { ParkedLog } from "../positions/parked-log.ts";
import type { Wire } from "../wire/wire.ts";
import { beatFence, takeFence } from "./fence.ts";
import { Hold } from "./hold.ts";
import { lasting } from "./lasting.ts";
import type { Slots } from "./slots.ts";

export interface AcquireDeps {
  readonly wire: Wire;
  /** Of wall time. */
  readonly clock: Clock;
  readonly membership: Membership;
  readonly holds: Holds;
  readonly parked: ParkedLog;
  /** The consumer group of a resource. */
  readonly groupOf: (resource: string) => string;
  readonly report: Report;
}

export interface Acquiring {
  readonly joins: Slots;
  readonly lost: (hold: Hold) => void;
  /** What is not wanted any more may be given up in the middle. */
  readonly isWanted: () => boolean;
}

/** Takes the resource from whoever has it. From the first step on the one before can do nothing any more. */
export async function acquire(
  deps: AcquireDeps,
  resource: string,
  { joins, lost, isWanted }: Acquiring,
): Promise<Hold> {
  const { wire, clock, membership, holds, parked, report } = deps;
  const group = deps.groupOf(resource);
  const fence = await joins.run((slot) => takeFence(wire, group, slot));
  const held = (failure: Error) => {
    const fields = { resource, error: messageOf(failure) };
    report("warn", "Taking over takes longer; it goes on from where it is.", fields);
  };
  const last = lasting({ clock: wire.clock, isWanted, held });
  const { epoch, entries, tidy } = await parked.take(resource, { confirm: () => beatFence(wire, fence), last });
  const sinceMs = clock.now();
  const hold = new Hold({ ownership: { resource, epoch }, fence, sinceMs, found: entries, wire, lost });
  await last(() => holds.put({ resource, epoch, node: membership.self().id, sinceMs, isReleased: false }));
  tidy().catch((error: unknown) => {
    // The next owner does it.
    if (error instanceof KBrokerError && error.code === "broker_stopping") return;
    report("warn", "What former owners parked was left where it is.", { resource, error: messageOf(error) });
  });
  return hold;
}

/** Tells the next owner that it need not wait. Where that fails it waits in vain for a while. */
export async function tellReleased(
  { holds, membership, report }: AcquireDeps,
  { ownership: { resource, epoch }, sinceMs }: Hold,
): Promise<void> {
  try {
    await holds.put({ resource, epoch, node: membership.self().id, sinceMs, isReleased: true });
  } catch (error) {
    report("warn", "The next owner could not be told that it may begin.", { resource, error: messageOf(error) });
  }
}
