// `npm run bench:neighbours [rounds] [messages a second]`: what a publisher's message takes until its consumer has it, at a steady rate. Three
// topics get their messages by turns in the same seconds, so that whatever else the machine does hits all three: one alone; one beside a second
// subscription whose consumer takes a second for each; one where a message in 10 000 is never taken by the consumer. What a neighbour costs
// the whole process would hit all three, too: so each round also sends everything to the first, and that is compared. One broker. Quantiles
// of all rounds together; the interval is where 95 of 100 drawings of as many rounds lie. Goal: p99 within 1.1 times.
import { Pool } from "undici";
import { admin } from "./backlog.ts";
import { ask, inDirectory, leave, type Served, serve } from "./processes.ts";
import { quantile } from "./stats.ts";

const GOAL = 1.1;
const POISON_EVERY = 10_000;
const [rounds = 30, perS = 1_000] = process.argv.slice(3).map(Number);
const PHASE_MS = 2_000;
const DRAWINGS = 200;
const NOTE = "x".repeat(900);
const TOPICS = ["alone", "slow", "poison"] as const;
type Topic = (typeof TOPICS)[number];
/** Latencies in milliseconds. */
type Phase = Readonly<Partial<Record<Topic, readonly number[]>>>;

interface Round {
  /** The three at once. */
  readonly together: Phase;
  /** All of it to the first. */
  readonly nobodyElse: Phase;
}

await inDirectory(async (dir) => {
  const sink = await serve("latency-sink");
  const broker = await serve("publish-server", "kbroker", dir);
  for (const name of TOPICS) await prepare(broker.url, sink.url, name);
  const pool = new Pool(broker.url, { connections: 32 });
  const together = () => phase(pool, sink, TOPICS);
  const nobodyElse = () => phase(pool, sink, ["alone"]);
  for (let warm = 0; warm < 3; warm += 1) await together();
  const measured: Round[] = [];
  for (let done = 0; done < rounds; done += 1) {
    if (done % 2 === 0) measured.push({ together: await together(), nobodyElse: await nobodyElse() });
    else measured.push({ nobodyElse: await nobodyElse(), together: await together() });
  }
  await pool.close();
  await leave(broker.child, sink.child);
  report(measured);
});

async function prepare(url: string, sink: string, topic: Topic): Promise<void> {
  await admin(url, "POST", "/topics", { name: topic });
  const subscription = { topic, endpoint: `${sink}/${topic}`, retryDelays: ["1s", "2s", "4s"] };
  await admin(url, "POST", "/subscriptions", { name: `${topic}-good`, ...subscription });
  if (topic === "slow")
    await admin(url, "POST", "/subscriptions", { name: "beside", topic, endpoint: `${sink}/beside` });
}

let poisonTurn = 0;

/** Sends what is due each millisecond, whether or not what was sent before has been answered; then waits until all of it came. */
async function phase(pool: Pool, { child }: Served, topics: readonly Topic[]): Promise<Phase> {
  const waiting: Promise<void>[] = [];
  let good = 0;
  const startMs = performance.now();
  for (let elapsedMs = 0; elapsedMs < PHASE_MS; elapsedMs = performance.now() - startMs) {
    for (let due = (elapsedMs * perS) / 1_000; waiting.length < due; ) {
      const topic = topics[waiting.length % topics.length] ?? "alone";
      const isPoison = topic === "poison" && ++poisonTurn % POISON_EVERY === POISON_EVERY / 20;
      if (!isPoison) good += 1;
      waiting.push(publish(pool, topic, isPoison));
    }
    await new Promise((wake) => setTimeout(wake, 1));
  }
  await Promise.all(waiting);
  const came: Partial<Record<Topic, number[]>> = {};
  for (let left = good; left > 0; ) {
    const latencies = await ask(child, "take");
    for (const topic of topics) {
      const more = latencies[`/${topic}`];
      if (!Array.isArray(more)) continue;
      came[topic] = [...(came[topic] ?? []), ...more.map(Number)];
      left -= more.length;
    }
    if (left > 0) await new Promise((wake) => setTimeout(wake, 20));
  }
  return came;
}

async function publish(pool: Pool, topic: Topic, isPoison: boolean): Promise<void> {
  const body = `{"sentMs":${performance.timeOrigin + performance.now()},"note":"${NOTE}"}`;
  const headers = { "content-type": "application/json", ...(isPoison && { "event-type": "poison" }) };
  const answer = await pool.request({ method: "POST", path: `/publish/${topic}`, headers, body });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`Answered ${answer.statusCode}.`);
}

type Pick = (round: Round) => readonly number[];

function report(measured: readonly Round[]): void {
  const of =
    (topic: Topic): Pick =>
    (round) =>
      round.together[topic] ?? [];
  const nobodyElse: Pick = (round) => round.nobodyElse.alone ?? [];
  line("nobody else", measured, nobodyElse);
  line("alone", measured, of("alone"), ["nobody else", nobodyElse]);
  line("slow", measured, of("slow"), ["alone", of("alone")]);
  line("poison", measured, of("poison"), ["alone", of("alone")]);
}

function line(name: string, measured: readonly Round[], what: Pick, against?: readonly [string, Pick]): void {
  const all = measured.flatMap(what);
  const text = `${name.padEnd(12)} p50 ${quantile(all, 0.5).toFixed(2)} ms   p99 ${quantile(all, 0.99).toFixed(2)} ms   of ${all.length}`;
  if (against === undefined) process.stdout.write(`${text}\n`);
  else process.stdout.write(`${text}   p99 against ${against[0]}: ${compared(measured, what, against[1])}\n`);
}

function compared(measured: readonly Round[], what: Pick, against: Pick): string {
  const ratio = (from: readonly Round[]) => quantile(from.flatMap(what), 0.99) / quantile(from.flatMap(against), 0.99);
  const drawn = Array.from({ length: DRAWINGS }, () => ratio(measured.map(() => draw(measured))));
  const range = `95 %: ${quantile(drawn, 0.025).toFixed(2)} to ${quantile(drawn, 0.975).toFixed(2)}`;
  const met = ratio(measured) <= GOAL ? "met" : "missed";
  return `${ratio(measured).toFixed(2)} (goal ${GOAL}, ${met}; ${range})`;
}

function draw(measured: readonly Round[]): Round {
  const round = measured[Math.floor(Math.random() * measured.length)];
  if (round === undefined) throw new RangeError("There is no round to draw.");
  return round;
}
