import fc from "fast-check";
import { REDRIVES_MAX } from "../../src/lib/domain/dead-letter.ts";
import { action, maybeDoom, subscriptionName } from "./action.ts";
import { answered } from "./answered.ts";
import { areAlike, isWanted } from "./letters.ts";
import type { Life, World } from "./world.ts";

export const redrive = fc
  .record({
    name: subscriptionName,
    countMax: fc.constantFrom(undefined, undefined, 1, 3),
    includeSetAside: fc.boolean(),
    doom: maybeDoom,
  })
  .map(({ name, countMax, includeSetAside, doom }) =>
    action({
      doom,
      text: `redrive ${countMax ?? "all"} of ${name}${includeSetAside ? ", those set aside too" : ""}`,
      can({ ledger }) {
        const subscription = ledger.subscriptions.get(name);
        return subscription !== undefined && subscription.letters.size > 0 && !areAlike(subscription);
      },
      act: (world, life) => order(world, life, { name, countMax, includeSetAside }),
    }),
  );

interface Wish {
  readonly name: string;
  readonly countMax: number | undefined;
  readonly includeSetAside: boolean;
}

async function order(world: World, life: Life, { name, countMax, includeSetAside }: Wish): Promise<void> {
  const { ledger, newId } = world;
  const subscription = ledger.subscriptions.get(name);
  if (subscription === undefined) return;
  const job = `redrive-${newId()}`;
  const ordered = { job, end: subscription.lettersEnd, includeSetAside, taken: 0, countMax: countMax ?? Infinity };
  const all = [...subscription.letters.values()];
  const wanted = all.filter((letter) => isWanted(ordered, letter)).length;
  const isClear = all.every(({ state, count }) => state !== "dead" || count < REDRIVES_MAX);
  const mustBe = subscription.redrive === undefined ? undefined : "job_active";
  if (mustBe === undefined) subscription.redrive = ordered;
  const request = { id: job, filter: {}, countMax, includeSetAside, dryRun: false };
  const is = await answered(world, life, life.broker.redrive(name, request));
  const say = (what: string) => ledger.violations.push(`The redrive of ${name} ${what}.`);
  if (typeof is === "string" || mustBe !== undefined) {
    if (is !== mustBe) say(`is answered with ${String(is)}, not with ${mustBe ?? "a job"}`);
  } else if (isClear && is.matched !== wanted) say(`matches ${is.matched}, not ${wanted}`);
}

export const purge = fc.record({ name: subscriptionName, doom: maybeDoom }).map(({ name, doom }) =>
  action({
    doom,
    text: `purge the dead letters of ${name}`,
    can: ({ ledger }) => (ledger.subscriptions.get(name)?.letters.size ?? 0) > 0,
    async act(world, life) {
      const { ledger } = world;
      const subscription = ledger.subscriptions.get(name);
      if (subscription === undefined) return;
      const mustBe = subscription.redrive === undefined ? undefined : "job_active";
      const there = [...subscription.letters.values()].filter(({ state }) => state === "dead" || state === "aside");
      subscription.purging = true;
      const is = await answered(world, life, life.broker.purgeDeadLetters(name, { filter: {}, dryRun: false }));
      subscription.purging = false;
      const purged = typeof is === "string" ? is : is.purged;
      const must = mustBe ?? there.length;
      if (purged !== must) ledger.violations.push(`The purge of ${name} says ${purged}, not ${must}.`);
      if (mustBe === undefined) for (const letter of there) letter.state = "purged";
    },
  }),
);
