// `npm run bench:topics`: durable publish of 1 KB at 64 connections into 1, 100 and 1 000 topics in turn, all of them active, on one
// broker. Goal: with 1 000 as fast as with 1, within 1.2 times.
import { type Round, runLoad } from "./load.ts";
import { inDirectory, leave, serve } from "./processes.ts";
import { median, verdict } from "./stats.ts";

const GOAL = 1.2;
const [rounds = 7] = process.argv.slice(3).map(Number);
const COUNTS = [1, 100, 1_000] as const;
const BODY = Buffer.from(JSON.stringify({ orderId: "1", note: "x".repeat(1_024 - 25) }));

await inDirectory(async (dir) => {
  const { child, url } = await serve("publish-server", "kbroker", dir);
  for (let topic = 0; topic < Math.max(...COUNTS); topic += 1) await createTopic(url, `topic-${topic}`);
  const measured = new Map<number, Round[]>(COUNTS.map((count) => [count, []]));
  for (const count of COUNTS) await load(url, count);
  for (let round = 0; round < rounds; round += 1)
    for (const [count, list] of measured) list.push(await load(url, count));
  await leave(child);
  report(measured);
});

async function createTopic(url: string, name: string): Promise<void> {
  const { status } = await fetch(`${url}/admin/v1/topics`, { method: "POST", body: JSON.stringify({ name }) });
  if (status !== 201) throw new Error(`Creating ${name} was answered ${status}.`);
}

/** One message after the other goes to the next topic. */
function load(url: string, count: number): Promise<Round> {
  let next = 0;
  const path = () => `/publish/topic-${next++ % count}`;
  return runLoad({ url, path, body: BODY, connections: 64, durationMs: 3_000 });
}

function report(measured: ReadonlyMap<number, readonly Round[]>): void {
  const one = measured.get(1) ?? [];
  for (const [count, list] of measured) {
    const perS = median(list.map((round) => round.perS)).toFixed(0);
    const p99Ms = median(list.map((round) => round.p99Ms)).toFixed(1);
    const slower = list.map((round, index) => (one[index]?.perS ?? Number.NaN) / round.perS);
    const times = count === 1 ? "" : `   slower than with 1: ${verdict(slower, GOAL)}`;
    process.stdout.write(`${String(count).padStart(5)} topics ${perS.padStart(7)}/s   p99 ${p99Ms} ms${times}\n`);
  }
}
