import { REDRIVES_MAX, readDeadLetter } from "../../src/lib/domain/dead-letter.ts";
import type { StoredMessage } from "../../src/lib/domain/message.ts";
import { DEDUPE_WINDOW_MS } from "../../src/lib/domain/topic.ts";
import type { Engine } from "../../src/lib/engine/port.ts";
import {
  type Delivery,
  deliveriesOf,
  deliveryOf,
  isAlive,
  type Ledger,
  type Letter,
  type ModelSubscription,
  type ModelTopic,
  storedOf,
} from "./ledger.ts";
import { addLetter, followRedrive } from "./letters.ts";
import type { World } from "./world.ts";

const ALL = { countMax: 10_000, bytesMax: 1_000_000_000 };

/** Brings the ledger up to what the logs hold, and says what they should hold and do not. */
export async function readLogs({ ledger, clock }: Pick<World, "ledger" | "clock">, engine: Engine): Promise<void> {
  for (const topic of ledger.topics.values()) {
    await readTopic(ledger, topic, engine);
    checkScheduled(ledger, topic, clock.now());
  }
  for (const subscription of ledger.subscriptions.values())
    await readDeadLetters(ledger, subscription, { engine, nowMs: clock.now() });
}

async function readTopic({ sent, violations }: Ledger, topic: ModelTopic, engine: Engine): Promise<void> {
  const { records } = await engine.log.read({ topicId: topic.id, index: 0 }, topic.log.length, ALL);
  for (const record of records) {
    const payload = new TextDecoder().decode(record.payload);
    const origin = sent[Number(payload)];
    const what = `Offset ${record.offset} of ${topic.name} (${payload})`;
    if (origin?.topicId !== topic.id) {
      violations.push(`${what} is of no message that was published there.`);
      continue;
    }
    if (record.offset !== topic.log.length) violations.push(`${what} follows ${topic.log.length - 1}.`);
    if (record.timeMs < (topic.log.at(-1)?.timeMs ?? 0)) violations.push(`${what} is older than the one before.`);
    if (origin.scheduled) fired(topic, origin.number, { violations, timeMs: record.timeMs });
    const stored = storedOf(topic, origin, record.timeMs);
    stored.offset = record.offset;
    topic.log.push(stored);
    if (origin.id === undefined || origin.scheduled) continue;
    const first = topic.firsts.get(origin.id);
    if (first !== undefined && first !== stored && record.timeMs - first.timeMs <= DEDUPE_WINDOW_MS)
      violations.push(`${what} repeats an id within its window.`);
    topic.firsts.set(origin.id, stored);
  }
  for (const key of topic.promised)
    if (topic.stored.get(key)?.offset === undefined)
      violations.push(`The acknowledged message ${key} is not in ${topic.name}.`);
  topic.promised.clear();
}

/** Once, and within a second of its time; the clock of the model is looked at in steps of one. */
const LATE_MS_MAX = 2_000;

function fired(
  { name, scheduled }: ModelTopic,
  number: number,
  { violations, timeMs }: { readonly violations: string[]; readonly timeMs: number },
): void {
  const dueMs = scheduled.get(number)?.dueMs;
  if (dueMs === undefined) violations.push(`The scheduled message ${number} comes again in ${name}.`);
  else if (timeMs < dueMs || timeMs > dueMs + LATE_MS_MAX)
    violations.push(`The message ${number} that was scheduled for ${dueMs} comes at ${timeMs} in ${name}.`);
  scheduled.delete(number);
}

function checkScheduled({ violations }: Ledger, { name, scheduled }: ModelTopic, nowMs: number): void {
  for (const [number, { dueMs, promised }] of scheduled)
    if (promised && nowMs > dueMs + LATE_MS_MAX)
      violations.push(`The scheduled message ${number} never came in ${name}.`);
}

async function readDeadLetters(
  ledger: Ledger,
  subscription: ModelSubscription,
  { engine, nowMs }: { readonly engine: Engine; readonly nowMs: number },
): Promise<void> {
  const shard = { topicId: subscription.errorsId, index: 0 };
  const { records, next } = await engine.log.read(shard, subscription.lettersEnd, ALL);
  subscription.lettersEnd = next;
  for (const letter of records) {
    for (const problem of died(ledger, subscription, { letter, nowMs }))
      ledger.violations.push(`The dead letter ${letter.offset} of ${subscription.name} ${problem}.`);
    const isAside = (readDeadLetter(letter)?.info.redriveCount ?? 0) >= REDRIVES_MAX;
    addLetter(ledger, subscription, { record: letter, state: isAside ? "aside" : "dead" });
  }
  await followRedrive(ledger, subscription, engine);
}

function* died(
  ledger: Ledger,
  subscription: ModelSubscription,
  { letter, nowMs }: { readonly letter: StoredMessage; readonly nowMs: number },
): Generator<string> {
  const info = readDeadLetter(letter)?.info;
  const from = subscription.letters.get(info?.redrivenFrom?.offset ?? -1);
  const stored = from?.delivery.stored ?? subscription.topic.log[info?.source.offset ?? -1];
  if (info === undefined || stored === undefined) return yield "is of no message";
  const delivery = from?.delivery ?? deliveryOf(subscription, stored);
  const redrives = from === undefined ? 0 : from.count + 1;
  if (info.redriveCount !== redrives) yield `tells of ${info.redriveCount} redrives, not ${redrives}`;
  if (from !== undefined && info.errorClass === "expired") yield "expired although it was redriven";
  if (new TextDecoder().decode(letter.payload) !== String(stored.sent.number)) yield "holds another payload";
  if (delivery.state === "dead") yield "is the second of its message";
  if (delivery.state === "acked") yield "is of a message that was acknowledged";
  if (delivery.state === "passed") yield "is of a message that nobody waits for";
  if (delivery.state === "pending") yield "is of a message that was never tried";
  if (info.attempts !== delivery.attempts) yield `tells of ${info.attempts} attempts, not ${delivery.attempts}`;
  if (info.errorClass === "expired" && isAlive(delivery, subscription, nowMs)) yield "came before the message's time";
  if (info.errorClass !== "expired" && delivery.strikesMax < subscription.strikes)
    yield `came after ${delivery.strikesMax} of ${subscription.strikes} strikes`;
  delivery.state = "dead";
  delivery.diedOfAge = info.errorClass === "expired";
  delivery.atMs = nowMs;
  delivery.step = ledger.step;
}

/** What the broker shows of itself, against what it must show. */
export async function checkAtRest({ ledger, clock, endpoints, life }: World): Promise<void> {
  for (const subscription of ledger.subscriptions.values()) {
    const shown = await life.broker.lag(subscription.name);
    const expected = expectedOf(subscription, clock.now());
    const inFlight = endpoints.heldCount(subscription.name);
    const compare = (what: string, is: unknown, must: unknown) => {
      if (is !== must) ledger.violations.push(`${subscription.name} shows ${what} ${String(is)}, not ${String(must)}.`);
    };
    compare("the state", shown.state, subscription.state);
    compare("a lag of", shown.lag, expected.lag);
    compare("as parked", shown.parked, expected.parked);
    compare("in flight", shown.inFlight, inFlight);
    compare("as damaged", shown.damaged, 0);
    checkCounters(ledger, subscription, shown);
  }
}

interface Counters {
  readonly expired: number | null;
  readonly deadLetters: number | null;
  readonly setAside: number | null;
}

function checkCounters(
  { violations }: Ledger,
  subscription: ModelSubscription,
  { expired, deadLetters, setAside }: Counters,
) {
  if ((expired ?? 0) < subscription.expiredShown)
    violations.push(`${subscription.name} shows ${expired} expired after ${subscription.expiredShown}.`);
  subscription.expiredShown = expired ?? 0;
  const countOf = (state: Letter["state"]) =>
    [...subscription.letters.values()].filter((letter) => letter.state === state).length;
  if (deadLetters !== countOf("dead"))
    violations.push(`${subscription.name} shows ${deadLetters} dead letters, not ${countOf("dead")}.`);
  if (setAside !== countOf("aside"))
    violations.push(`${subscription.name} shows ${setAside} set aside, not ${countOf("aside")}.`);
}

/** Counted one by one. What is past its time waits for nobody, unless it was tried: then it waits for its dead letter. */
function expectedOf(subscription: ModelSubscription, nowMs: number) {
  const all = [...deliveriesOf(subscription)];
  const isPending = (one: Delivery) => one.state === "pending" && isAlive(one, subscription, nowMs);
  const redriven = [...subscription.letters.values()].map(({ delivery }) => delivery);
  const parked = [...all, ...redriven].filter(({ state }) => state === "parked").length;
  return { parked, lag: parked + all.filter(isPending).length };
}
