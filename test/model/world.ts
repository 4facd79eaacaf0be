import type { Broker } from "../../src/lib/broker/broker.ts";
import { CONTROL_RESOURCE, openControlDuty } from "../../src/lib/broker/control/duty.ts";
import type { DeliveryLimits } from "../../src/lib/broker/delivery/limits.ts";
import { openDelivery } from "../../src/lib/broker/delivery/open-delivery.ts";
import { createBroker } from "../../src/lib/broker/open.ts";
import { routeOwners } from "../../src/lib/broker/route-owners.ts";
import { openFiring } from "../../src/lib/broker/schedules/open-firing.ts";
import { type Engine, SCHEDULES_PREFIX } from "../../src/lib/engine/port.ts";
import { absentSource, idleConnectors, notes } from "../support/broker.ts";
import { checkAfterCrash, type End, learnCatalog } from "./after-crash.ts";
import { checkAtRest, readLogs } from "./at-rest.ts";
import { type ClockView, type ModelClock, modelClock } from "./clock.ts";
import { type Endpoints, endpoints } from "./endpoints.ts";
import { type Fence, fence } from "./fence.ts";
import { type Ledger, ledger } from "./ledger.ts";
import type { Storage } from "./storage.ts";

/** So small that each of them is met. */
export const MODEL_LIMITS = {
  commitPeriodMs: 5_000,
  sweepPeriodMs: 60_000,
  reportPeriodMs: 30_000,
  commitCount: 10,
  uncommittedMax: 40,
  readCountMax: 8,
  parkBatchMax: 3,
  burialBatchMax: 2,
  parkedMax: 30,
} satisfies Partial<DeliveryLimits>;

const VIOLATIONS_SHOWN_MAX = 10;

/** One process. */
export interface Life {
  readonly fence: Fence;
  readonly clock: ClockView;
  /** As it is, for whoever outlives the process. */
  readonly engine: Engine;
  readonly broker: Broker;
}

export interface World {
  readonly storage: Storage;
  readonly clock: ModelClock;
  readonly ledger: Ledger;
  readonly endpoints: Endpoints;
  /** Never the same twice, whatever ends on the way. */
  readonly newId: () => string;
  life: Life;
}

export async function openWorld(storage: Storage): Promise<World> {
  const [clock, known] = [modelClock(), ledger()];
  const world = { storage, clock, ledger: known, endpoints: endpoints(known, clock), newId: counted("id-") };
  const life = await openLife(world);
  await life.broker.start();
  await life.fence.quiet();
  return { ...world, life };
}

/** What it resolves with counts only where that is `stop`: it has ended the process in order. */
export type Act = (life: Life) => Promise<unknown>;

/** One step: the act, whatever follows from it at this moment, and a look at everything. A process that ended is followed by the next. */
export async function take(world: World, act: Act): Promise<void> {
  const { life, ledger } = world;
  ledger.step += 1;
  const end = await Promise.race([act(life), life.fence.died]);
  await life.fence.quiet();
  if (life.fence.isDead) await follow(world, "crash");
  else if (end === "stop") await follow(world, end);
  await look(world);
  if (ledger.violations.length > 0) throw new Error(ledger.violations.slice(0, VIOLATIONS_SHOWN_MAX).join("\n"));
}

/** A look may be what a process that is to end at its next write ends at. */
async function look(world: World): Promise<void> {
  await readLogs(world, world.life.engine);
  const looked = await Promise.race([checkAtRest(world).then(() => true), world.life.fence.died]);
  if (looked === true) return;
  await follow(world, "crash");
  await look(world);
}

/** Lets time pass, unless the process ends on the way. */
export function pass({ clock }: World, { fence }: Life, ms: number): Promise<void> {
  return clock.advance(ms, async () => {
    await fence.quiet();
    return !fence.isDead;
  });
}

/** In order: what is in flight has this long, and then everything that was settled is committed. */
export async function stop(world: World, life: Life, drainMs: number): Promise<"stop"> {
  await passUntil(world, life, { work: life.broker.stop(drainMs), ms: drainMs });
  return "stop";
}

/** Lets time pass, so much at most, until the work is done. */
export async function passUntil(
  { clock }: World,
  { fence }: Life,
  { work, ms }: { readonly work: Promise<unknown>; readonly ms: number },
): Promise<void> {
  let done = false;
  const doing = work.finally(() => {
    done = true;
  });
  await clock.advance(ms, async () => {
    await fence.quiet();
    return !done && !fence.isDead;
  });
  await fence.quiet();
  if (!done && !fence.isDead) throw new Error(`What may take ${ms} ms takes longer.`);
  await doing;
}

/** The next process, over what the one before left behind. */
async function follow(world: World, end: End): Promise<void> {
  const { fence, clock, engine } = world.life;
  fence.die();
  clock.end();
  world.endpoints.cut();
  await fence.quiet();
  await engine.close();
  const life = await openLife(world);
  world.life = life;
  await learnCatalog(world, life.engine);
  await readLogs(world, life.engine);
  await checkAfterCrash(world, life.engine, end);
  await life.broker.start();
  await life.fence.quiet();
}

export async function closeWorld({ life, storage, endpoints }: World): Promise<void> {
  life.fence.die();
  life.clock.end();
  endpoints.cut();
  await life.fence.quiet();
  await life.engine.close();
  await storage.end();
}

async function openLife({ storage, clock, ledger, endpoints: { post }, newId }: Omit<World, "life">): Promise<Life> {
  const view = clock.view();
  const engine = await storage.open(view);
  const fenced = fence(engine, storage.turns);
  const observer = {
    ...notes(),
    log(level: string, message: string, fields?: object) {
      if (level === "error" && !fenced.isDead) ledger.violations.push(`${message} ${JSON.stringify(fields)}`);
    },
  };
  const shared = { engine: fenced.engine, clock: view, random: () => 0.5, observer };
  const owners = routeOwners(fenced.engine.owners);
  const withOwners = (prefix: string) => ({ ...shared, engine: { ...fenced.engine, owners: owners(prefix) } });
  const delivery = openDelivery({ ...withOwners(""), post: post(() => fenced.isDead), limits: MODEL_LIMITS });
  const firing = openFiring({ ...withOwners(SCHEDULES_PREFIX), limits: { lookMs: 1_000 } });
  const broker = await createBroker({
    ...shared,
    ...{ delivery, firing, newId, node: "model", compileSchema: () => () => [], endpointProblem: () => undefined },
    duty: openControlDuty(withOwners(CONTROL_RESOURCE)),
    ...{ connectors: idleConnectors(), sources: { postgresql: absentSource() } },
    post: post(() => fenced.isDead),
    checkEndpoint: async () => ({ kind: "answered", status: 204, tookMs: 1 }),
  });
  return { fence: fenced, clock: view, engine, broker };
}

function counted(prefix: string): () => string {
  let count = 0;
  return () => `${prefix}${++count}`;
}
