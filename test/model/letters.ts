import { REDRIVES_MAX, readDeadLetter } from "../../src/lib/domain/dead-letter.ts";
import { isJob } from "../../src/lib/domain/documents.ts";
import type { StoredMessage } from "../../src/lib/domain/message.ts";
import type { Engine, ParkedEntry } from "../../src/lib/engine/port.ts";
import { type Ledger, type Letter, type ModelSubscription, newDelivery, type Redrive } from "./ledger.ts";

const ALL = { countMax: 10_000, bytesMax: 1_000_000_000 };

/** A subscription takes over the dead letters that one of its name left behind. */
export async function takeOver(ledger: Ledger, subscription: ModelSubscription, { log }: Engine): Promise<void> {
  const { records, next } = await log.read({ topicId: subscription.errorsId, index: 0 }, 0, ALL);
  for (const record of records) addLetter(ledger, subscription, { record, state: "dead" });
  subscription.lettersEnd = next;
}

export function addLetter(
  ledger: Ledger,
  { letters }: ModelSubscription,
  { record, state }: { readonly record: StoredMessage; readonly state: Letter["state"] },
): void {
  const info = readDeadLetter(record)?.info;
  const sent = ledger.sent[Number(new TextDecoder().decode(record.payload))];
  if (info === undefined || sent === undefined) return;
  const delivery = newDelivery({ sent, timeMs: info.publishTimeMs, offset: undefined }, 0);
  letters.set(record.offset, { offset: record.offset, delivery, count: info.redriveCount, state, step: ledger.step });
}

/** Whether the redrive that runs means it. */
export function isWanted({ end, includeSetAside }: Omit<Redrive, "taken">, { offset, state, count }: Letter): boolean {
  if (offset >= end || (state !== "dead" && state !== "aside")) return false;
  return includeSetAside || (state === "dead" && count < REDRIVES_MAX);
}

/** It is seen to be redriven. */
export function takeLetter(ledger: Ledger, subscription: ModelSubscription, letter: Letter): void {
  const { redrive, name } = subscription;
  if (redrive === undefined || !isWanted(redrive, letter))
    ledger.violations.push(
      `The dead letter ${letter.offset} of ${name}, ${letter.state}, is redriven and nobody asked for it.`,
    );
  else redrive.taken += 1;
  letter.state = "redriven";
  letter.delivery.state = "parked";
}

/** Looks at what a redrive has parked and set aside so far, and at its end at what it says of that. */
export async function followRedrive(ledger: Ledger, subscription: ModelSubscription, engine: Engine): Promise<void> {
  const { redrive, name, id, letters } = subscription;
  if (redrive === undefined) return;
  const entries = await engine.parked.load({ resource: id, epoch: 0 });
  for (const entry of ofLetters(subscription, entries)) learnEntry(ledger, subscription, entry);
  const job = (await engine.catalog.get("job", redrive.job))?.value;
  const say = (what: string): void => void ledger.violations.push(`The redrive ${redrive.job} of ${name} ${what}.`);
  if (!isJob(job) || job.kind !== "redrive") return say("is not there");
  if (redrive.taken > redrive.countMax) say(`takes ${redrive.taken} of ${redrive.countMax}`);
  if (job.state === "running") return;
  subscription.redrive = undefined;
  if (job.state !== "done") say(`is ${job.state}`);
  if (job.redriven !== redrive.taken) say(`counts ${job.redriven}, not ${redrive.taken}`);
  const left = [...letters.values()].filter((letter) => isWanted(redrive, letter)).length;
  if (left > 0 && redrive.taken < redrive.countMax) say(`leaves ${left}`);
}

function learnEntry(ledger: Ledger, subscription: ModelSubscription, { source, redrive }: ParkedEntry): void {
  const letter = subscription.letters.get(source.offset);
  if (letter === undefined) ledger.violations.push(`What is parked at ${source.offset} is no dead letter.`);
  else if (redrive?.setAside !== true && letter.state !== "redriven") takeLetter(ledger, subscription, letter);
  else if (redrive?.setAside === true && letter.state === "dead" && letter.count >= REDRIVES_MAX)
    letter.state = "aside";
}

export function ofLetters({ errorsId }: ModelSubscription, entries: readonly ParkedEntry[]): readonly ParkedEntry[] {
  return entries.filter(({ source }) => source.shard.topicId === errorsId);
}

/** The one that a push with this count is about. */
export function letterPushed(
  { letters }: ModelSubscription,
  {
    number,
    timeMs,
    count,
    attempt,
  }: { readonly number: number; readonly timeMs: number; readonly count: number; readonly attempt: number },
): Letter | undefined {
  const same = [...letters.values()].filter(
    (letter) =>
      letter.delivery.stored.sent.number === number &&
      letter.delivery.stored.timeMs === timeMs &&
      letter.count + 1 === count &&
      letter.state !== "purged",
  );
  const fits = ({ state, delivery }: Letter) =>
    state === "redriven" && delivery.state === "parked" && !delivery.inFlight && delivery.attempts + 1 === attempt;
  return same.find(fits) ?? same.find(({ state }) => state !== "redriven") ?? same[0];
}

/** Whether two of them could not be told apart once they are redriven. */
export function areAlike({ letters }: ModelSubscription): boolean {
  const keys = [...letters.values()]
    .filter(({ state, delivery }) => state !== "purged" && (state !== "redriven" || delivery.state === "parked"))
    .map(({ delivery: { stored }, count }) => `${stored.sent.number}@${stored.timeMs}/${count}`);
  return new Set(keys).size < keys.length;
}
