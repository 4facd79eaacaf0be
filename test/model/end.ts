import { ok } from "../support/consumer.ts";
import { deliveriesOf, isAlive, type ModelSubscription } from "./ledger.ts";
import { setStateOf } from "./set-state.ts";
import { pass, take, type World } from "./world.ts";

const ROUND_MS = 30_000;
/** Longer than the longest way of a message once everything works again. */
const ROUNDS_MAX = 240;

/** Everything works again, for as long as it takes; what nobody takes is given up. */
export async function settleDown(world: World): Promise<void> {
  const { ledger, endpoints } = world;
  for (const subscription of ledger.subscriptions.values()) subscription.mode = "mended";
  for (let round = 0; round < ROUNDS_MAX && (await isBehind(world)); round += 1) {
    for (const name of ledger.subscriptions.keys()) endpoints.answer(name, ok, true);
    // Where only bad messages are left its circuit stays open, and each would wait for its probe.
    if (round % 4 === 0) await resumeAll(world);
    await take(world, (life) => pass(world, life, ROUND_MS));
  }
  // What expired where nothing is sent is found within a minute.
  await take(world, (life) => pass(world, life, 2 * ROUND_MS));
}

/** It may crash on the way. */
async function resumeAll(world: World): Promise<void> {
  const { ledger } = world;
  for (const { name } of ledger.subscriptions.values())
    for (const state of ["paused", "active"] as const)
      while (ledger.subscriptions.get(name)?.state !== state)
        await take(world, ({ broker }) => setStateOf(ledger, broker, { name, state }));
}

async function isBehind({ ledger, life, endpoints }: World): Promise<boolean> {
  if ([...ledger.subscriptions.values()].some(({ redrive }) => redrive !== undefined)) return true;
  if ([...ledger.topics.values()].some(({ scheduled }) => scheduled.size > 0)) return true;
  for (const name of ledger.subscriptions.keys())
    if (endpoints.heldCount(name) > 0 || (await life.broker.lag(name)).lag !== 0) return true;
  return false;
}

/** Once nothing is left to do: each message was delivered, is a dead letter, or is counted as expired. */
export async function checkEnd({ ledger, life, clock }: World): Promise<void> {
  for (const subscription of ledger.subscriptions.values()) {
    const { acked, dead, expired, replaysExpired, lost } = fatesOf(subscription, clock.now());
    const shown = await life.broker.lag(subscription.name);
    const what = `${subscription.name}: ${acked} acknowledged, ${dead} dead letters, ${expired} expired`;
    if (lost.length > 0) throw new Error(`${what}, and nothing became of ${lost.join(", ")}.`);
    const shownExpired = shown.expired ?? -1;
    if (shownExpired < expired || shownExpired > expired + replaysExpired)
      throw new Error(`${what}; ${shown.expired} are shown as expired.`);
    if (shown.lag !== 0 || shown.parked !== 0) throw new Error(`${what}; lag ${shown.lag}, parked ${shown.parked}.`);
  }
}

function fatesOf(subscription: ModelSubscription, nowMs: number) {
  const fates = { acked: 0, dead: 0, expired: 0, passed: 0, replaysExpired: 0 };
  const lost: number[] = [];
  for (const delivery of deliveriesOf(subscription)) {
    const { state, diedOfAge, stored, wasSettled } = delivery;
    if (state === "acked") fates.acked += 1;
    else if (state === "passed") fates.passed += 1;
    else if (state === "dead" && !diedOfAge) fates.dead += 1;
    else if (state === "pending" && wasSettled && !isAlive(delivery, subscription, nowMs)) fates.replaysExpired += 1;
    else if (state === "dead" || !isAlive(delivery, subscription, nowMs)) fates.expired += 1;
    else lost.push(stored.offset ?? -1);
  }
  for (const { offset, delivery } of subscription.letters.values()) if (delivery.state === "parked") lost.push(offset);
  return { ...fates, lost };
}
