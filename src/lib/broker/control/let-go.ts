import type { BrokerDeps } from "../broker.ts";

/** How often it is looked whether another node has let go. */
const LOOK_MS = 50;
/** An owner that has not let go by then is superseded by what follows, and commits nothing any more. */
const LOOKS_MAX = 600;

/** Nobody owns it when this resolves: what is in flight has finished, on whichever node. The others have heard by themselves that it goes. */
export async function letGo({ engine, clock }: Pick<BrokerDeps, "engine" | "clock">, resource: string): Promise<void> {
  await engine.owners.unwant(resource);
  const isHeld = () =>
    engine.nodes.list().some(({ isSelf, holds }) => !isSelf && holds.some((hold) => hold.resource === resource));
  for (let left = LOOKS_MAX; left > 0 && isHeld(); left -= 1) await clock.after(LOOK_MS);
}
