import { expect, it } from "vitest";
import { runModel } from "./run.ts";
import { inDirectory, inMemory } from "./storage.ts";

/** Set by `npm run test:soak`, and by whoever wants to see a failure again. */
const SEED = Number(process.env.KBROKER_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const STEPS = Number(process.env.KBROKER_TEST_STEPS ?? 20_000);
const STEPS_ON_DISK = STEPS / 40;
const STEP_MS_MAX = 60;
/** Each write waits for a disk that others use, too. */
const STEP_ON_DISK_MS_MAX = 300;

const report = (line: string) => void process.stdout.write(`${line}\n`);

it(
  "whatever operators, consumers, time and crashes do, the broker keeps its promises",
  async () => {
    report(`The model runs ${STEPS} steps with KBROKER_TEST_SEED=${SEED}.`);

    const taken = await runModel({ storage: inMemory, seed: SEED, steps: STEPS, report });

    expect(taken).toBeGreaterThanOrEqual(STEPS);
  },
  60_000 + STEPS * STEP_MS_MAX,
);

it(
  "the same over the embedded engine, on real files",
  async () => {
    const taken = await runModel({ storage: inDirectory, seed: SEED, steps: STEPS_ON_DISK, report });

    expect(taken).toBeGreaterThanOrEqual(STEPS_ON_DISK);
  },
  60_000 + STEPS_ON_DISK * STEP_ON_DISK_MS_MAX,
);
