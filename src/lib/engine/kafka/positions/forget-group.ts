import { KBrokerError } from "../../../domain/error.ts";
import { type Fence, leaveFence, takeFence } from "../owners/fence.ts";
import type { Wire } from "../wire/wire.ts";
import { countMembers, deleteGroup } from "./group-calls.ts";

/** An owner that has not heard yet that nothing is to be owned may take it again, but not for ever. */
const TRIES_MAX = 5;
const SLOT = 1;

/** Fences whoever owns the group, does what may only be done then, and deletes it. May be done again after a crash in the middle. */
export async function forgetGroup(wire: Wire, group: string, once: () => Promise<void>): Promise<void> {
  for (let attempt = 1; attempt <= TRIES_MAX; attempt += 1) {
    // A group without members is not joined for nothing: by default that takes three seconds.
    const fence: Fence | undefined =
      (await countMembers(wire, group)) > 0 ? await takeFence(wire, group, SLOT) : undefined;
    await once();
    if (fence !== undefined) await leaveFence(wire, fence);
    if ((await deleteGroup(wire, group)) === "gone") return;
  }
  throw new KBrokerError("overloaded", `The consumer group "${group}" is taken again each time that it is let go of.`, {
    hint: "Try again after a moment.",
    retryAfterS: 5,
  });
}
