import { encodeCursor } from "../../domain/cursor-codec.ts";
import { filterAt } from "../../domain/dead-letter-filter.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Job, RedriveJob } from "../../domain/job.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { trimSettledLetters } from "../letter-retention.ts";
import { subscriptionNamed } from "../lookup.ts";
import type { Purge, PurgeView, Redrive, RedriveView } from "../requests/dead-letters.ts";
import type { Control } from "./control.ts";
import { checkNoneActive, newJob, repeated } from "./jobs.ts";
import { type Standing, standingOf } from "./letters.ts";
import { survey } from "./survey.ts";

/** Orders a redrive; the owner carries it out. A dry run says what it would take and orders nothing. */
export async function redrive(control: Control, name: string, request: Redrive): Promise<RedriveView> {
  const { value: subscription } = subscriptionNamed(control.view, name);
  const { id, dryRun, ...wish } = request;
  const order = { id, subscription, wish: JSON.stringify(["redrive", name, wish]) };
  const before = dryRun ? undefined : await repeated(control, order);
  if (before !== undefined) return viewOf(before);
  const filter = filterAt(request.filter, control.clock.now());
  const standing = await standingWithOwner(control, subscription);
  const found = await survey(control, subscription, {
    standing,
    filter,
    aside: request.includeSetAside,
    unreadable: false,
  });
  const matched = found.dead + (request.includeSetAside ? found.setAside : 0);
  const seen = { matched, setAside: found.setAside, reasons: found.reasons };
  if (dryRun) return { job: null, redriven: 0, ...seen };
  const job: RedriveJob = {
    ...newJob(control, order),
    kind: "redrive",
    filter,
    includeSetAside: request.includeSetAside,
    ratePerS: request.ratePerS ?? null,
    countMax: request.countMax ?? null,
    ends: endsOf(standing),
    saved: standing.places.map(({ shard, cursor }) => ({ shard: shard.index, cursor: encodeCursor(cursor) })),
    matched,
    ...(request.includeSetAside && { asideMatched: found.setAside }),
    redriven: 0,
  };
  await control.inTurn(async () => {
    await checkNoneActive(control, subscription);
    await control.engine.catalog.put("job", job.id, job, 0);
  });
  return { job, redriven: 0, ...seen };
}

/** Lets go of dead letters for good, those set aside included, and gives the room back. Durable when it resolves. */
export async function purgeDeadLetters(
  control: Control,
  name: string,
  { filter: written, dryRun }: Purge,
): Promise<PurgeView> {
  const { value: subscription } = subscriptionNamed(control.view, name);
  const filter = filterAt(written, control.clock.now());
  const standing = await standingWithOwner(control, subscription);
  if (dryRun) {
    const { dead, setAside, reasons } = await survey(control, subscription, {
      standing,
      filter,
      aside: true,
      unreadable: true,
    });
    return { subscription: name, matched: dead + setAside, setAside, purged: 0, reasons };
  }
  // A move that is being ordered on this node has its job before its generation: only in its turn is it told from one that never was.
  await control.inTurn(() => checkNoneActive(control, subscription));
  const purged = await control.delivery.purgeLetters(subscription.id, { filter, ends: endsOf(standing) });
  if (purged === undefined) throw noOwner(name);
  await trimSettledLetters(control, standing.topic).catch((error: unknown) =>
    control.observer.log("warn", "What was purged is not gone from the disk yet.", { subscription: name, error }),
  );
  return { subscription: name, matched: purged, setAside: 0, purged, reasons: [] };
}

const endsOf = ({ places }: Standing) => places.map(({ shard, end }) => ({ shard: shard.index, offset: end }));

/** Only the owner knows exactly what is settled. */
async function standingWithOwner(control: Control, subscription: Subscription): Promise<Standing> {
  const status = control.delivery.status(subscription.id);
  const standing = status?.letters && (await standingOf(control, subscription, status));
  if (standing !== undefined) return standing;
  throw noOwner(subscription.name);
}

function noOwner(name: string): KBrokerError {
  return new KBrokerError("broker_starting", `Nobody has opened the dead letters of "${name}" yet.`, {
    hint: `kbroker subscription lag ${name}`,
    retryAfterS: 1,
  });
}

function viewOf(job: Job): RedriveView {
  if (job.kind !== "redrive") throw new KBrokerError("job_exists", `The job "${job.id}" is a ${job.kind}.`);
  return { job, matched: job.matched, redriven: job.redriven, setAside: 0, reasons: [] };
}
