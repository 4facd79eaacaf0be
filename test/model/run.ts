import fc from "fast-check";
import { messageOf } from "../../src/lib/domain/error.ts";
import { anyAction } from "./actions.ts";
import { checkEnd, settleDown } from "./end.ts";
import type { Storage } from "./storage.ts";
import { closeWorld, openWorld, stop, take } from "./world.ts";

export interface RunOptions {
  readonly storage: () => Promise<Storage>;
  readonly seed: number;
  /** At least so many are taken. */
  readonly steps: number;
  readonly report: (line: string) => void;
}

/** Of one run: long enough for what happens to meet, short enough to be understood. */
const ACTIONS_MAX = 150;
/** Runs of one call of fast-check; each has a seed of its own, so that a failure is found again at once. */
const RUNS = 5;
const REPORT_STEPS = 50_000;

/** Runs until enough steps were taken. Fails with the shortest list of actions that still fails, and how to see it again. */
export async function runModel({ storage, seed, steps, report }: RunOptions): Promise<number> {
  let taken = 0;
  const property = fc.asyncProperty(
    fc.commands([anyAction], { maxCommands: ACTIONS_MAX, size: "max" }),
    async (actions) => {
      const world = await openWorld(await storage());
      try {
        await fc.asyncModelRun(async () => ({ model: world, real: world }), actions);
        await settleDown(world);
        await checkEnd(world);
        await take(world, (life) => stop(world, life, 0));
        await checkEnd(world);
      } finally {
        taken += world.ledger.step;
        await closeWorld(world);
      }
    },
  );
  for (let round = seed; taken < steps; round += 1) {
    const before = taken;
    const details = await fc.check(property, { seed: round, numRuns: RUNS, verbose: 0 });
    if (details.failed) throw new Error(failure(round, details));
    if (Math.floor(taken / REPORT_STEPS) > Math.floor(before / REPORT_STEPS)) report(`${taken} steps`);
  }
  return taken;
}

interface Failure {
  readonly counterexample: readonly [Iterable<unknown>] | null;
  readonly errorInstance: unknown;
  readonly numShrinks: number;
}

function failure(seed: number, { counterexample, errorInstance, numShrinks }: Failure): string {
  const actions = Array.from(counterexample?.[0] ?? [], (action) => `  ${String(action)}`);
  const shortest = `The shortest of ${numShrinks + 1} runs that fail; all of it again: KBROKER_TEST_SEED=${seed}`;
  return [messageOf(errorInstance), ...actions, shortest].join("\n");
}
