import { isSettled } from "../../src/lib/domain/cursor.ts";
import { isSubscription, isTopic } from "../../src/lib/domain/documents.ts";
import type { Subscription } from "../../src/lib/domain/subscription.ts";
import type { Topic } from "../../src/lib/domain/topic.ts";
import type { Engine, ParkedEntry, ShardCursor } from "../../src/lib/engine/port.ts";
import { type Delivery, deliveriesOf, type Ledger, type ModelSubscription, newTopic } from "./ledger.ts";
import { takeOver } from "./letters.ts";
import { compareLetters, learnRedrive } from "./letters-after-crash.ts";
import { UNDO_MS } from "./moves.ts";
import { MODEL_LIMITS, type World } from "./world.ts";

/** How the process ended: in order, everything that it knew was committed. */
export type End = "crash" | "stop";

type Known = Pick<World, "ledger" | "clock">;

/** What was being made or changed when the process ended is there or is not; everything else is as it was. */
export async function learnCatalog({ ledger }: Known, engine: Engine): Promise<void> {
  const topics = (await engine.catalog.list("topic"))
    .map(({ value }) => value)
    .filter(isTopic)
    .filter(isThere);
  learnTopics(ledger, topics);
  const documents = (await engine.catalog.list("subscription"))
    .map(({ value }) => value)
    .filter(isSubscription)
    .filter(isThere)
    .filter(({ topicId }) => topics.some(({ id }) => id === topicId));
  for (const document of documents) {
    const known = ledger.subscriptions.get(document.name);
    if (known === undefined) ledger.violations.push(`The subscription ${document.name} was never made.`);
    else {
      const isNew = known.id === "";
      learnSubscription(ledger, known, { document, topics });
      if (isNew) await takeOver(ledger, known, engine);
      await learnRedrive(known, engine);
    }
  }
  for (const { name, id, topic } of ledger.subscriptions.values()) {
    if (documents.some((document) => document.name === name)) continue;
    if (id !== "" && ledger.changing !== name && ledger.topics.has(topic.name))
      ledger.violations.push(`The subscription ${name} is gone.`);
    ledger.subscriptions.delete(name);
  }
  ledger.changing = undefined;
}

/** What was marked as deleted is gone to everybody, whatever is left of it. */
const isThere = ({ deletion }: Pick<Topic, "deletion">) => deletion === undefined;

function learnTopics({ topics, violations, changing }: Ledger, found: readonly Topic[]): void {
  for (const { name, id, ttlMs, purpose } of found)
    if (purpose === "messages" && !topics.has(name)) topics.set(name, newTopic(name, id, ttlMs));
  for (const name of topics.keys()) {
    if (found.some((topic) => topic.name === name)) continue;
    if (changing !== name) violations.push(`The topic ${name} is gone.`);
    topics.delete(name);
  }
}

function learnSubscription(
  { changing, violations }: Ledger,
  known: ModelSubscription,
  { document, topics }: { readonly document: Subscription; readonly topics: readonly Topic[] },
): void {
  const { name, id, state, deadLetterTopic } = document;
  if (known.id !== "" && known.id !== id) violations.push(`${name} is another subscription.`);
  if (known.state !== state && changing !== name) violations.push(`${name} is ${state} again.`);
  if (known.moving !== undefined && known.moving.job !== document.lastMove?.job) known.moving = undefined;
  known.id = id;
  known.generation = document.generation;
  known.state = state;
  known.errorsId = topics.find((topic) => topic.name === deadLetterTopic)?.id ?? "";
}

/** What was lost in the crash may come again, as far as it may; what must not have been lost is there. */
export async function checkAfterCrash(world: Known, { cursors, parked }: Engine, end: End): Promise<void> {
  for (const subscription of world.ledger.subscriptions.values()) {
    subscription.expiredShown = 0;
    const all = await cursors.load(subscription.id);
    const at = all.find(({ shard }) => shard.topicId === subscription.topic.id);
    const entries = await parked.load({ resource: subscription.id, epoch: 0 });
    if (at === undefined) world.ledger.violations.push(`${subscription.name} has no cursor.`);
    else compare(world, subscription, { at, all, entries, end });
  }
}

interface Found {
  readonly at: ShardCursor;
  readonly all: readonly ShardCursor[];
  readonly entries: readonly ParkedEntry[];
  readonly end: End;
}

function compare(world: Known, subscription: ModelSubscription, { at, all, entries, end }: Found): void {
  const isMade = at.cursor.generation >= subscription.generation;
  if (isMade) subscription.moving?.made();
  // A move that was ordered and not made is made next: what it has suspended so far is parked still, what it has revived is not yet.
  const isActive = ({ suspendedBy, generation }: ParkedEntry) =>
    suspendedBy === undefined
      ? isMade || generation !== subscription.generation
      : !isMade && suspendedBy === subscription.generation;
  const here = entries.filter(({ source }) => source.shard.topicId === subscription.topic.id);
  const byOffset = new Map(here.filter(isActive).map((entry) => [entry.source.offset, entry]));
  const suspended = new Set(here.filter((entry) => !isActive(entry)).map(({ source }) => source.offset));
  const lettersAgain = compareLetters(world.ledger, subscription, { cursors: all, entries, end });
  for (const { offset, delivery } of lettersAgain)
    if (isTooLate(world, delivery, end))
      world.ledger.violations.push(
        `After the ${end}, the redriven letter ${offset} comes again to ${subscription.name}.`,
      );
  let again = lettersAgain.length;
  for (const delivery of deliveriesOf(subscription)) {
    const offset = delivery.stored.offset ?? -1;
    const entry = byOffset.get(offset);
    const settled = isSettled(at.cursor, offset);
    for (const problem of problemsOf(world, delivery, { subscription, settled, entry, end }))
      world.ledger.violations.push(`After the ${end}, offset ${offset} for ${subscription.name} ${problem}.`);
    if (delivery.state === "acked" && (!settled || entry !== undefined)) again += 1;
    takeBack(delivery, { settled, entry });
    if (!suspended.has(offset)) {
      const isWanted = delivery.suspended !== undefined && delivery.state !== "acked" && delivery.state !== "dead";
      if (isWanted && entry === undefined && isUndoable(world, subscription))
        world.ledger.violations.push(
          `After the ${end}, offset ${offset} for ${subscription.name} is suspended no more.`,
        );
      delivery.suspended = undefined;
    }
  }
  if (again > MODEL_LIMITS.uncommittedMax)
    world.ledger.violations.push(
      `After the ${end}, ${again} acknowledged messages come again to ${subscription.name}.`,
    );
  subscription.moving?.made();
}

function isTooLate({ clock }: Known, { atMs }: Delivery, end: End): boolean {
  return end === "stop" || clock.monotonic() - atMs > MODEL_LIMITS.commitPeriodMs;
}

function isUndoable({ clock }: Known, { lastMove }: ModelSubscription): boolean {
  return lastMove !== undefined && clock.now() - lastMove.nowMs <= UNDO_MS;
}

interface Place {
  readonly subscription: ModelSubscription;
  readonly settled: boolean;
  readonly entry: ParkedEntry | undefined;
  readonly end: End;
}

function* problemsOf(
  { ledger, clock }: Known,
  { stored, state, attempts, atMs, step }: Delivery,
  { subscription, settled, entry, end }: Place,
): Generator<string> {
  const isNew = step === ledger.step;
  const isHandedOver = settled || entry !== undefined;
  if (state === "acked" && (!settled || entry !== undefined)) {
    if (end === "stop") yield "comes again although it was acknowledged";
    if (clock.monotonic() - atMs > MODEL_LIMITS.commitPeriodMs)
      yield "comes again although it was acknowledged long ago";
  }
  if (state === "dead" && !isHandedOver) yield "comes again although it is a dead letter";
  if (state === "dead" && entry !== undefined && entry.dying === undefined) yield "waits although it is a dead letter";
  if (state === "passed" && (!settled || entry !== undefined)) yield "comes although nobody waits for it";
  if (state === "parked" && entry === undefined && !isNew) yield "is parked no more";
  if (state === "parked" && entry !== undefined && entry.attempts !== attempts && !isNew)
    yield `has ${entry.attempts} attempts, not ${attempts}`;
  const isOver = stored.timeMs + subscription.topic.ttlMs <= clock.now();
  if (state === "pending" && settled && entry === undefined && !isOver) yield "is settled and was never delivered";
}

/** From here on the ledger says what the next process finds. */
function takeBack(delivery: Delivery, { settled, entry }: Pick<Place, "settled" | "entry">): void {
  delivery.inFlight = false;
  if (delivery.state === "dead" || delivery.state === "passed") return;
  if (entry !== undefined) {
    delivery.state = "parked";
    delivery.attempts = entry.attempts;
  } else if (!settled) {
    delivery.state = "pending";
    delivery.attempts = 0;
    delivery.strikesMax = 0;
  }
}
