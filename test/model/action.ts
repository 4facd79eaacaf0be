import fc, { type AsyncCommand } from "fast-check";
import { type Act, type Life, take, type World } from "./world.ts";

/** One thing that may happen. In a world in which it cannot, it is left out, so that what remains of a run still makes sense. */
export type Action = AsyncCommand<World, World>;

interface Described {
  readonly text: string;
  readonly can?: (world: World) => boolean;
  readonly act: (world: World, life: Life) => ReturnType<Act>;
}

export function action({ text, can = () => true, act }: Described): Action {
  return { check: can, run: (_, world) => take(world, (life) => act(world, life)), toString: () => text };
}

export const topicName = fc.constantFrom("orders", "returns");
export const subscriptionName = fc.constantFrom("billing", "audit", "mail");
