import fc from "fast-check";
import type { Broker } from "../../src/lib/broker/broker.ts";
import { action, maybeDoom, subscriptionName } from "./action.ts";
import { answered } from "./answered.ts";
import { deliveriesOf, isAlive, isSettled, type ModelSubscription } from "./ledger.ts";
import { highestOf, type Move, make, UNDO_MS } from "./moves.ts";
import type { Life, World } from "./world.ts";

const S = 1_000;
const MINUTE = 60 * S;

/** How far back, and how that is written. */
const BACK = { "0s": 0, "1s": S, "10s": 10 * S, "5m": 5 * MINUTE, "50m": 50 * MINUTE, "3h": 180 * MINUTE } as const;
const back = fc.constantFrom<(keyof typeof BACK)[]>("1s", "10s", "5m", "5m", "50m", "3h");

export const rewind = fc
  .record({ name: subscriptionName, to: back, ratePerS: fc.constantFrom(undefined, undefined, 2), doom: maybeDoom })
  .map(({ name, to, ratePerS, doom }) =>
    action({
      doom,
      text: `rewind ${name} by ${to}${ratePerS === undefined ? "" : ` at ${ratePerS}/s`}`,
      can: ({ ledger }) => ledger.subscriptions.has(name),
      act: (world, life) =>
        order(world, life, {
          ...{ name, kind: "rewind", backMs: BACK[to] },
          ask: (broker, job) => broker.rewind(name, { to, ratePerS, job, dryRun: false }),
        }),
    }),
  );

export const skip = fc
  .record({ name: subscriptionName, to: fc.oneof(fc.constant("now" as const), back), doom: maybeDoom })
  .map(({ name, to, doom }) =>
    action({
      doom,
      text: `skip ${name} to ${to}`,
      can: ({ ledger }) => ledger.subscriptions.has(name),
      act: (world, life) =>
        order(world, life, {
          ...{ name, kind: "skip", backMs: to === "now" ? undefined : BACK[to] },
          ask: (broker, job) => broker.skip(name, { to, job, dryRun: false }),
        }),
    }),
  );

export const undo = fc
  .record({ name: subscriptionName, of: fc.constantFrom("rewind" as const, "skip" as const), doom: maybeDoom })
  .map(({ name, of, doom }) =>
    action({
      doom,
      text: `undo the ${of} of ${name}`,
      can: ({ ledger }) => ledger.subscriptions.get(name)?.lastMove?.kind === of,
      act: (world, life) =>
        order(world, life, {
          ...{ name, kind: "undo", backMs: undefined },
          ask: (broker, job) => broker.undoMove(name, { of, job, dryRun: false }),
        }),
    }),
  );

interface Order {
  readonly name: string;
  readonly kind: Move["kind"];
  /** `undefined`: to now, whatever the time of the newest message. */
  readonly backMs: number | undefined;
  readonly ask: (broker: Broker, job: string) => ReturnType<Broker["rewind"]>;
}

/** Says what is wrong with the answer. What is to be refused is refused, and changes nothing. */
async function order(world: World, life: Life, { name, kind, backMs, ask }: Order): Promise<void> {
  const { ledger, clock } = world;
  const subscription = ledger.subscriptions.get(name);
  if (subscription === undefined) return;
  const nowMs = clock.now();
  if (kind === "undo" && isForgotten(subscription, nowMs)) return;
  const target = targetOf(subscription, backMs, nowMs);
  const move: Move = { job: `move-${world.newId()}`, kind, target, nowMs };
  const mustBe = refusalOf(subscription, move);
  let count: number | undefined;
  const made = () => {
    count ??= make(subscription, move);
  };
  if (mustBe === undefined) subscription.moving = { job: move.job, made };
  const is = await answered(world, life, ask(life.broker, move.job));
  const say = (what: string) => ledger.violations.push(`The ${kind} of ${name} ${what}.`);
  if (typeof is === "string" || mustBe !== undefined) {
    subscription.moving = undefined;
    if (is !== mustBe) say(`is answered with ${String(is)}, not with ${mustBe ?? "a job"}`);
    return;
  }
  made();
  if (is.job.state !== "done") say(`is ${is.job.state}`);
  if (is.job.messages !== count) say(`counts ${is.job.messages} messages, not ${count}`);
}

/** What waits for the undo is past its time: nothing holds its record, and when it goes nobody can tell. */
function isForgotten(subscription: ModelSubscription, nowMs: number): boolean {
  return [...deliveriesOf(subscription)].some(
    (one) => one.suspended !== undefined && !isAlive(one, subscription, nowMs),
  );
}

/** The first message that is kept and was published at or after that time. */
function targetOf(subscription: ModelSubscription, backMs: number | undefined, nowMs: number): number {
  const { log } = subscription.topic;
  if (backMs === undefined) return log.length;
  const isWanted = ({ timeMs }: { readonly timeMs: number }) =>
    timeMs + subscription.topic.ttlMs > nowMs && timeMs >= nowMs - backMs;
  const found = log.findIndex(isWanted);
  return found === -1 ? log.length : found;
}

function refusalOf(subscription: ModelSubscription, { kind, target, nowMs }: Move): string | undefined {
  const all = [...deliveriesOf(subscription)];
  if (subscription.redrive !== undefined) return "job_active";
  if (kind === "skip") return undefined;
  if (kind === "undo") return nowMs - (subscription.lastMove?.nowMs ?? 0) > UNDO_MS ? "nothing_to_undo" : undefined;
  const isKept = all.some((one) => isAlive(one, subscription, nowMs));
  const highest = highestOf(all.filter((one) => isSettled(one, subscription, nowMs)));
  return isKept && highest > target ? undefined : "rewind_forward";
}
