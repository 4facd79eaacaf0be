import fc, { type AsyncCommand } from "fast-check";
import type { Doom } from "./fence.ts";
import { type Act, type Life, take, type World } from "./world.ts";

/** One thing that may happen. In a world in which it cannot, it is left out, so that what remains of a run still makes sense. */
export type Action = AsyncCommand<World, World>;

interface Described {
  readonly text: string;
  /** The process ends at one of its writes, or a little later. */
  readonly doom?: Doom | undefined;
  readonly can?: (world: World) => boolean;
  readonly act: (world: World, life: Life) => ReturnType<Act>;
}

export function action({ text, doom, can = () => true, act }: Described): Action {
  const run = (world: World) =>
    take(world, (life) => {
      if (doom !== undefined) life.fence.doom(doom);
      return act(world, life);
    });
  const end = doom === undefined ? "" : `, and crash ${doom.point} write ${doom.writes}`;
  return { check: can, run: (_, world) => run(world), toString: () => `${text}${end}` };
}

export const topicName = fc.constantFrom("orders", "returns");
export const subscriptionName = fc.constantFrom("billing", "audit", "mail");

/** For what is written in several steps: often enough that each step meets a crash. */
export const maybeDoom: fc.Arbitrary<Doom | undefined> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.record({
      writes: fc.integer({ min: 1, max: 6 }),
      point: fc.constantFrom<Doom["point"][]>("before", "after"),
    }),
  },
);
