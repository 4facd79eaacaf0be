import { expect, test } from "vitest";
import { LIMITS } from "../../src/lib/broker/delivery/limits.ts";
import { MAX_IN_FLIGHT_DEFAULT } from "../../src/lib/domain/subscription.ts";
import { temporaryDir } from "../e2e/http.ts";
import { type CrashRun, POISON, runThroughCrashes } from "./crash-run.ts";
import { planLives } from "./lives.ts";

/** Set it to the printed seed to have the same lives again. */
const SEED = Number(process.env.KBROKER_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const LIVES = { short: 19, long: 1 };
const SEGMENTS_MIN = 3;
const CRASHES = LIVES.short + LIVES.long;
/** After one crash: what was in flight, and what was settled and not committed. */
const DUPLICATES_MAX = MAX_IN_FLIGHT_DEFAULT + LIMITS.uncommittedMax;

test(`a broker killed ${CRASHES} times loses nothing, repeats no more than it says, and goes on counting attempts`, {
  timeout: 600_000,
}, async () => {
  const dataDir = await temporaryDir();

  const run = await runThroughCrashes(planLives(SEED, LIVES), dataDir);

  const lost = lostIn(run);
  const repeats = repeatsByLife(run);
  console.info(
    `kill -9, ${CRASHES} times (KBROKER_TEST_SEED=${SEED}): ${run.acknowledged.size} publishes acknowledged, ` +
      `${lost.length} lost, ${sum(repeats)} pushed again, at most ${Math.max(...repeats)} after one crash ` +
      `(bound ${DUPLICATES_MAX}); ${run.segments} segments.`,
  );
  expect(lost).toEqual([]);
  expect(run.stored).toBe(run.acknowledged.size);
  expect(repeats[0]).toBe(0);
  expect(Math.max(...repeats)).toBeLessThanOrEqual(DUPLICATES_MAX);
  expect(run.segments).toBeGreaterThanOrEqual(SEGMENTS_MIN);
  expectAttemptsCounted(run);
  expect(run.exitCode).toBe(0);
});

function lostIn({ acknowledged, pushes }: CrashRun): readonly string[] {
  const delivered = new Set(pushes.flatMap(({ push }) => (push.status === 200 ? [push.id] : [])));
  return [...acknowledged].filter((id) => !delivered.has(id));
}

/** How many pushes of each life repeat a message that the consumer had received (and not refused) before. */
function repeatsByLife({ acknowledged, pushes }: CrashRun): readonly number[] {
  const seen = new Set<string>();
  const repeats = Array.from({ length: CRASHES + 1 }, () => 0);
  for (const { push, life } of pushes.filter(({ push: { id } }) => acknowledged.has(id))) {
    if (seen.has(push.id)) repeats[life] = (repeats[life] ?? 0) + 1;
    seen.add(push.id);
  }
  return repeats;
}

/** Each refused message was tried as often as it has strikes, once more only where a crash hid an answer, and died once. */
function expectAttemptsCounted({ pushes, deadLetters }: CrashRun): void {
  for (const id of POISON.ids) {
    const attempts = pushes.filter(({ push }) => push.id === id).map(({ push }) => push.attempt);
    const counted = Array.from({ length: POISON.strikes }, (_, index) => index + 1);
    expect([...new Set(attempts)], `the attempts of ${id}, in the order of their first`).toEqual(counted);
    expect(attempts, `the attempts of ${id} never go back`).toEqual([...attempts].sort((a, b) => a - b));
    expect(attempts.length - POISON.strikes).toBeLessThanOrEqual(CRASHES);
  }
  const died = deadLetters.map(({ id, attempts }) => `${id} after ${attempts}`).sort();
  expect(died).toEqual(POISON.ids.map((id) => `${id} after ${POISON.strikes}`));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
