// `npm run bench:publish`: durable publish of 1 KB at 64 connections against a no-op fastify server with the same body
// handling, taking turns in one run. The load comes from this process, each server has its own. Goal: at least 0.8.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Load, type Round, runLoad } from "./load.ts";

const GOAL = 0.8;
const ROUNDS = 7;
const BODY = Buffer.from(JSON.stringify({ orderId: "1", note: "x".repeat(1_024 - 25) }));
const LOAD: Omit<Load, "url"> = { path: () => "/publish/orders", body: BODY, connections: 64, durationMs: 3_000 };

interface Contender {
  readonly name: string;
  readonly child: ChildProcess;
  readonly url: string;
  readonly rounds: (Round & { readonly cpuUs: number })[];
}

// Beside the bundle and not in /tmp: a folder in memory would sync for nothing.
const dataDir = await mkdtemp(fileURLToPath(new URL("data-", import.meta.url)));
const contenders = [await start("noop"), await start("kbroker")];
try {
  for (const contender of contenders) await runLoad({ ...LOAD, url: contender.url });
  for (let round = 0; round < ROUNDS; round += 1) for (const contender of contenders) await measure(contender);
  report();
} finally {
  for (const { child } of contenders) child.disconnect();
  await Promise.all(contenders.map(({ child }) => once(child, "exit")));
  await rm(dataDir, { recursive: true, force: true });
}

async function start(name: string): Promise<Contender> {
  const child = fork(fileURLToPath(new URL("publish-server.mjs", import.meta.url)), [name, dataDir]);
  const [{ url }] = await once(child, "message");
  return { name, child, url: String(url), rounds: [] };
}

async function measure({ child, url, rounds }: Contender): Promise<void> {
  const before = await cpuUs(child);
  const round = await runLoad({ ...LOAD, url });
  rounds.push({ ...round, cpuUs: ((await cpuUs(child)) - before) / round.count });
}

async function cpuUs(child: ChildProcess): Promise<number> {
  child.send("cpu");
  const [answer] = await once(child, "message");
  return Number(answer.cpuUs);
}

function report(): void {
  const [noop, kbroker] = contenders.map(({ rounds }) => ({
    perS: median(rounds.map(({ perS }) => perS)),
    p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
    cpuUs: median(rounds.map((round) => round.cpuUs)),
  }));
  if (noop === undefined || kbroker === undefined) return;
  const row = (name: string, { perS, p50Ms, p99Ms, cpuUs }: typeof noop) =>
    `${name.padEnd(14)}${perS.toFixed(0).padStart(7)}/s   p50 ${p50Ms.toFixed(1)} ms   p99 ${p99Ms.toFixed(1)} ms   ${cpuUs.toFixed(1)} µs CPU each\n`;
  process.stdout.write(row("no-op fastify", noop) + row("kbroker", kbroker));
  process.stdout.write(`ratio ${(kbroker.perS / noop.perS).toFixed(2)} (goal ${GOAL}); medians of ${ROUNDS} rounds\n`);
}

function median(values: readonly number[]): number {
  return Float64Array.from(values).sort()[Math.floor(values.length / 2)] ?? Number.NaN;
}
