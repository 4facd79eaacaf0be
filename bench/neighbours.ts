// `npm run bench:neighbours [rounds] [messages a second]`: what a publisher's message takes until its consumer has it, at a steady rate:
// alone; beside a second subscription of the same topic whose consumer takes a second for each; with one message in 10 000 that the consumer
// never takes. One broker, taking turns. Goal: p99 of the good ones within 1.1 times p99 alone.
import { Pool } from "undici";
import { admin } from "./backlog.ts";
import { ask, inDirectory, leave, type Served, serve } from "./processes.ts";
import { median, verdict } from "./stats.ts";

const GOAL = 1.1;
const POISON_EVERY = 10_000;
const [rounds = 9, perS = 1_000] = process.argv.slice(3).map(Number);
const DURATION_MS = 5_000;
const NOTE = "x".repeat(900);
const CASES = ["alone", "slow", "poison"] as const;
type Case = (typeof CASES)[number];

await inDirectory(async (dir) => {
  const sink = await serve("latency-sink");
  const broker = await serve("publish-server", "kbroker", dir);
  for (const name of CASES) await prepare(broker.url, sink.url, name);
  const pool = new Pool(broker.url, { connections: 32 });
  const measured = new Map<Case, { p50Ms: number; p99Ms: number }[]>(CASES.map((name) => [name, []]));
  for (const name of CASES) await round(pool, sink, name);
  for (let done = 0; done < rounds; done += 1)
    for (const [name, list] of measured) list.push(await round(pool, sink, name));
  await pool.close();
  await leave(broker.child, sink.child);
  report(measured);
});

async function prepare(url: string, sink: string, topic: Case): Promise<void> {
  await admin(url, "POST", "/topics", { name: topic });
  const path = topic === "poison" ? "poison" : "fast";
  const subscription = { topic, endpoint: `${sink}/${path}`, retryDelays: ["1s", "2s", "4s"] };
  await admin(url, "POST", "/subscriptions", { name: `${topic}-good`, ...subscription });
  if (topic === "slow") await admin(url, "POST", "/subscriptions", { name: "beside", topic, endpoint: `${sink}/slow` });
}

let sent = 0;

/** Sends what is due each millisecond, whether or not what was sent before has been answered. */
async function round(pool: Pool, { child }: Served, topic: Case) {
  const waiting: Promise<void>[] = [];
  let good = 0;
  const startMs = performance.now();
  for (let elapsedMs = 0; elapsedMs < DURATION_MS; elapsedMs = performance.now() - startMs) {
    for (let due = (elapsedMs * perS) / 1_000; waiting.length < due; ) {
      const isPoison = topic === "poison" && ++sent % POISON_EVERY === POISON_EVERY / 2;
      if (!isPoison) good += 1;
      waiting.push(publish(pool, topic, isPoison));
    }
    await new Promise((wake) => setTimeout(wake, 1));
  }
  await Promise.all(waiting);
  let latest = { p50Ms: Number.NaN, p99Ms: Number.NaN };
  for (let left = good; left > 0; ) {
    const { count, p50Ms, p99Ms } = await ask(child, "take");
    left -= Number(count);
    if (Number(count) > good / 2) latest = { p50Ms: Number(p50Ms), p99Ms: Number(p99Ms) };
    if (left > 0) await new Promise((wake) => setTimeout(wake, 100));
  }
  return latest;
}

async function publish(pool: Pool, topic: Case, isPoison: boolean): Promise<void> {
  const body = `{"sentMs":${performance.timeOrigin + performance.now()},"note":"${NOTE}"}`;
  const headers = { "content-type": "application/json", ...(isPoison && { "event-type": "poison" }) };
  const answer = await pool.request({ method: "POST", path: `/publish/${topic}`, headers, body });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`Answered ${answer.statusCode}.`);
}

function report(measured: ReadonlyMap<Case, readonly { p50Ms: number; p99Ms: number }[]>): void {
  const alone = measured.get("alone") ?? [];
  for (const [name, list] of measured) {
    const [p50, p99] = [median(list.map(({ p50Ms }) => p50Ms)), median(list.map(({ p99Ms }) => p99Ms))];
    const ratios = list.map(({ p99Ms }, index) => p99Ms / (alone[index]?.p99Ms ?? Number.NaN));
    const against = name === "alone" ? "" : `   p99 against alone: ${verdict(ratios, GOAL)}`;
    process.stdout.write(`${name.padEnd(8)} p50 ${p50.toFixed(1)} ms   p99 ${p99.toFixed(1)} ms${against}\n`);
  }
}
