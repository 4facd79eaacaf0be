// `npm run bench:push`: pushes of 1 KB at 64 in flight against a bare undici dispatch loop to the same consumer, taking turns in
// one run. The consumer and each of the two have a process of their own. Goal: at least 0.8.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const GOAL = 0.8;
const ROUNDS = 9;
const MESSAGES = 40_000;

interface Round {
  readonly perS: number;
  readonly cpuUs: number;
}

const start = (module: string, ...args: readonly string[]) =>
  fork(fileURLToPath(new URL(`${module}.mjs`, import.meta.url)), [...args], { execArgv: ["--expose-gc"] });

async function run(child: ChildProcess): Promise<Round> {
  child.send(MESSAGES);
  const [{ perS, cpuUs }] = await once(child, "message");
  return { perS: Number(perS), cpuUs: Number(cpuUs) };
}

function median(values: readonly number[]): number {
  return Float64Array.from(values).sort()[Math.floor(values.length / 2)] ?? Number.NaN;
}

const sink = start("push-sink");
const [{ url }] = await once(sink, "message");
const [bare, kbroker] = [start("push-worker", "bare", String(url)), start("push-worker", "kbroker", String(url))];
const rounds: { readonly bare: Round; readonly kbroker: Round }[] = [];
await run(bare);
await run(kbroker);
for (let round = 0; round < ROUNDS; round += 1) rounds.push({ bare: await run(bare), kbroker: await run(kbroker) });
const children = [sink, bare, kbroker];
for (const child of children) child.disconnect();
await Promise.all(children.map((child) => once(child, "exit")));

for (const name of ["bare", "kbroker"] as const) {
  const perS = median(rounds.map((round) => round[name].perS));
  const cpuUs = median(rounds.map((round) => round[name].cpuUs));
  process.stdout.write(`${name.padEnd(10)}${perS.toFixed(0).padStart(7)}/s   ${cpuUs.toFixed(1)} µs CPU each\n`);
}
const ratios = rounds.map((round) => round.kbroker.perS / round.bare.perS);
const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
process.stdout.write(`ratio ${median(ratios).toFixed(2)} (goal ${GOAL}); median of ${ROUNDS} rounds, ${range}\n`);
