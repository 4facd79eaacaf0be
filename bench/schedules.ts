// `npm run bench:schedules [count]`: what 1 000 000 scheduled messages of 1 KB cost: putting them, memory, the start of a broker with and
// without them (taking turns), and how late messages are fired beside them while others publish. Each process is its own.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { brokerReply } from "../src/lib/api/broker.ts";
import { runLoad } from "./load.ts";
import { inDirectory, leave, run } from "./processes.ts";
import { SCHEDULED_BYTES, TOPIC } from "./schedules-topic.ts";
import { median, quantile } from "./stats.ts";

const COUNT = Number(process.argv[3] ?? 1_000_000);
const MINUTE_MS = 60_000;
const WEEK_MS = 10_080 * MINUTE_MS;
/** Fired while 16 connections publish: so many, spread over this time, beginning once the broker runs. */
const DUE = { count: 20_000, fromMs: 20_000, toMs: 30_000 };
const OVERDUE_COUNT = 50_000;
const BODY = Buffer.from(JSON.stringify({ note: "x".repeat(SCHEDULED_BYTES - 11) }));

interface Memory {
  readonly anonMib: number;
  readonly fileMib: number;
}

/** What the worker tells in each of its modes. */
interface Answers {
  readonly fill: { readonly perS: number; readonly before: Memory; readonly after: Memory };
  readonly read: { readonly lateMs: readonly number[]; readonly tookMs: number };
  readonly starts: { readonly tookMs: readonly (readonly number[])[] };
  readonly serve: { readonly url: string; readonly memory: Memory };
  readonly memory: { readonly memory: Memory };
  readonly close: { readonly closed: true };
}

await inDirectory((full) => inDirectory((empty) => bench(full, empty)));

async function bench(full: string, empty: string): Promise<void> {
  await worker("fill", empty, 0, 0, 0);
  const filled = await worker("fill", full, COUNT, 5 * MINUTE_MS, WEEK_MS);
  say(`put: ${round(filled.perS)}/s, ${COUNT} messages of ${SCHEDULED_BYTES} bytes, 1 000 at once, each synced`);
  say(`memory of that process: ${memoryText(filled.before)} before, ${memoryText(filled.after)} after`);

  await startBoth(full, empty);
  await scheduleByHttp(full);
  await fireBesideLoad(full);
  await fireOverdue(empty);
}

async function startBoth(full: string, empty: string): Promise<void> {
  const child = run("schedules-worker", "starts", full, empty);
  const [fullMs = [], emptyMs = []] = (await answerOf<"starts">(child)).tookMs;
  await leave(child);
  const of = (tookMs: readonly number[]) => `${median(tookMs).toFixed(1)} ms (best ${Math.min(...tookMs).toFixed(1)})`;
  const ratio = (median(fullMs) / median(emptyMs)).toFixed(2);
  say(
    `start of a broker: ${of(emptyMs)} with none, ${of(fullMs)} with ${COUNT}, ratio ${ratio}; ${fullMs.length} rounds`,
  );
}

async function scheduleByHttp(dir: string): Promise<void> {
  const broker = await serve(dir);
  const headers = { "x-kb-scheduledminutes": "10080" };
  const load = { url: broker.url, body: BODY, connections: 64, durationMs: 5_000 };
  const plain = await runLoad({ ...load, path: () => `/publish/${TOPIC.name}` });
  const later = await runLoad({ ...load, path: () => `/scheduled/${TOPIC.name}`, headers });
  say(
    `over HTTP, 64 connections: ${round(later.perS)}/s scheduled (p99 ${later.p99Ms.toFixed(1)} ms), ${round(plain.perS)}/s published`,
  );
  say(
    `memory of the broker: ${memoryText(broker.memory)} when ready, ${memoryText((await ask(broker.child, "memory")).memory)} after`,
  );
  await close(broker.child);
}

async function fireBesideLoad(dir: string): Promise<void> {
  await worker("fill", dir, DUE.count, DUE.fromMs, DUE.toMs);
  const broker = await serve(dir);
  const load = { url: broker.url, path: () => `/publish/${TOPIC.name}`, body: BODY, connections: 16 };
  const published = await runLoad({ ...load, durationMs: DUE.toMs + 5_000 });
  await close(broker.child);
  const { lateMs } = await worker("read", dir);
  const at = (part: number) => quantile(lateMs, part).toFixed(0);
  const perS = DUE.count / ((DUE.toMs - DUE.fromMs) / 1_000);
  say(
    `fired ${lateMs.length}, ${perS}/s beside ${round(published.perS)}/s published: late p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms`,
  );
}

async function fireOverdue(dir: string): Promise<void> {
  await worker("fill", dir, OVERDUE_COUNT, 0, 1);
  const broker = await serve(dir);
  for (let left = OVERDUE_COUNT; left > 0; ) {
    const answer = await fetch(`${broker.url}/admin/v1/broker`);
    left = brokerReply.parse(await answer.json()).scheduled ?? left;
  }
  await close(broker.child);
  const { tookMs } = await worker("read", dir);
  say(`overdue at a start: ${OVERDUE_COUNT} fired at ${round(OVERDUE_COUNT / (tookMs / 1_000))}/s`);
}

async function serve(dir: string) {
  const child = run("schedules-worker", "serve", dir);
  return { child, ...(await answerOf<"serve">(child)) };
}

async function close(child: ChildProcess): Promise<void> {
  await ask(child, "close");
  await leave(child);
}

async function worker<M extends "fill" | "read">(mode: M, dir: string, ...numbers: readonly number[]) {
  const child = run("schedules-worker", mode, dir, ...numbers.map(String));
  const answer = await answerOf<M>(child);
  await leave(child);
  return answer;
}

async function ask<M extends "memory" | "close">(child: ChildProcess, what: M): Promise<Answers[M]> {
  child.send(what);
  return answerOf<M>(child);
}

async function answerOf<M extends keyof Answers>(child: ChildProcess): Promise<Answers[M]> {
  const [answer] = await Promise.race([once(child, "message"), once(child, "exit").then(died)]);
  return answer;
}

function died(): never {
  throw new Error("A worker ended before it answered.");
}

function memoryText({ anonMib, fileMib }: Memory): string {
  return `${anonMib} MiB (and ${fileMib} MiB of mapped files)`;
}

function round(value: number): string {
  return value.toFixed(0);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
