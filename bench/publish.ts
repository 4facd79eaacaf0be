// `npm run bench:publish`: durable publish of 1 KB at 64 connections against a no-op fastify server with the same body
// handling, taking turns in one run. The load comes from this process, each server has its own. Goal: at least 0.8.
// A third contender sends the same messages to the same kbroker, a hundred a request, as NDJSON.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Load, type Round, runLoad } from "./load.ts";

const GOAL = 0.8;
const ROUNDS = 7;
const BODY = Buffer.from(JSON.stringify({ orderId: "1", note: "x".repeat(1_024 - 25) }));
const LOAD: Omit<Load, "url"> = { path: () => "/publish/orders", body: BODY, connections: 64, durationMs: 3_000 };
const BATCH_COUNT = 100;
const LINE = Buffer.concat([Buffer.from('{"payload":'), BODY, Buffer.from("}\n")]);
const BATCH = Buffer.concat(Array.from({ length: BATCH_COUNT }, () => LINE));
const BATCH_LOAD = { ...LOAD, path: () => "/publish/orders/batch", body: BATCH };

interface Contender {
  readonly name: string;
  readonly child: ChildProcess;
  readonly url: string;
  readonly load: Omit<Load, "url">;
  /** Messages of one request. */
  readonly each: number;
  readonly rounds: (Round & { readonly cpuUs: number })[];
}

// Beside the bundle and not in /tmp: a folder in memory would sync for nothing.
const dataDir = await mkdtemp(fileURLToPath(new URL("data-", import.meta.url)));
const servers = [await start("noop"), await start("kbroker")] as const;
const contenders = [...servers, { ...servers[1], load: BATCH_LOAD, each: BATCH_COUNT, rounds: [] }];
try {
  for (const { load, url } of contenders) await runLoad({ ...load, url });
  for (let round = 0; round < ROUNDS; round += 1) for (const contender of contenders) await measure(contender);
  report();
} finally {
  for (const { child } of servers) child.disconnect();
  await Promise.all(servers.map(({ child }) => once(child, "exit")));
  await rm(dataDir, { recursive: true, force: true });
}

async function start(name: string): Promise<Contender> {
  const child = fork(fileURLToPath(new URL("publish-server.mjs", import.meta.url)), [name, dataDir]);
  const [{ url }] = await once(child, "message");
  return { name, child, url: String(url), load: LOAD, each: 1, rounds: [] };
}

async function measure({ child, url, load, each, rounds }: Contender): Promise<void> {
  const before = await cpuUs(child);
  const round = await runLoad({ ...load, url });
  const [count, perS] = [round.count * each, round.perS * each];
  rounds.push({ ...round, count, perS, cpuUs: ((await cpuUs(child)) - before) / count });
}

async function cpuUs(child: ChildProcess): Promise<number> {
  child.send("cpu");
  const [answer] = await once(child, "message");
  return Number(answer.cpuUs);
}

function report(): void {
  const [noop, kbroker, batches] = contenders.map(({ rounds }) => ({
    perS: median(rounds.map(({ perS }) => perS)),
    p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
    cpuUs: median(rounds.map((round) => round.cpuUs)),
  }));
  if (noop === undefined || kbroker === undefined || batches === undefined) return;
  const row = (name: string, { perS, p50Ms, p99Ms, cpuUs }: typeof noop) =>
    `${name.padEnd(14)}${perS.toFixed(0).padStart(7)}/s   p50 ${p50Ms.toFixed(1)} ms   p99 ${p99Ms.toFixed(1)} ms   ${cpuUs.toFixed(1)} µs CPU each\n`;
  process.stdout.write(row("no-op fastify", noop) + row("kbroker", kbroker) + row("in batches", batches));
  process.stdout.write(`ratio ${(kbroker.perS / noop.perS).toFixed(2)} (goal ${GOAL}); medians of ${ROUNDS} rounds\n`);
  process.stdout.write(
    `${(batches.perS / kbroker.perS).toFixed(1)} times as many messages, ${BATCH_COUNT} a request\n`,
  );
}

function median(values: readonly number[]): number {
  return Float64Array.from(values).sort()[Math.floor(values.length / 2)] ?? Number.NaN;
}
