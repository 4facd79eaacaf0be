// `npm run bench:behind [rounds] [exponent]`: start-up, lag, pause and rewind with a backlog of 10³, 10⁴, … 10⁷ messages, each in a new
// process, taking turns up and down. The newest segment is as full with each. The times of what is synced are the disk's; CPU says more on a
// machine that others use. Goal: within 1.2 times what it takes with 10³. (`bench:opening` has the start-up with 5 000 000.)
import { join } from "node:path";
import { inDirectory, result, run } from "./processes.ts";
import { median, verdict } from "./stats.ts";

const GOAL = 1.2;
const SMALLEST = 3;
const [rounds = 5, largest = 7] = process.argv.slice(3).map(Number);
const exponents = Array.from({ length: largest - SMALLEST + 1 }, (_, index) => SMALLEST + index);

type Times = Readonly<Record<string, unknown>>;

await inDirectory(async (dir) => {
  const place = (exponent: number) => join(dir, String(exponent));
  for (const exponent of exponents)
    await result(run("behind-worker", "build", place(exponent), String(10 ** exponent)));
  const measured = new Map<number, Times[]>(exponents.map((exponent) => [exponent, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const [exponent, list] of round % 2 === 0 ? measured : [...measured].reverse())
      list.push(await result(run("behind-worker", "operate", place(exponent))));
  const [first] = measured.get(SMALLEST) ?? [];
  for (const what of Object.keys(first ?? {})) report(what, measured);
});

function report(what: string, measured: ReadonlyMap<number, readonly Times[]>): void {
  const of = (exponent: number) => (measured.get(exponent) ?? []).map((times) => Number(times[what]));
  const smallest = of(SMALLEST);
  for (const exponent of exponents) {
    const times = of(exponent);
    const ratios = times.map((ms, round) => ms / (smallest[round] ?? Number.NaN));
    const against = exponent === SMALLEST ? "" : `   times 10^${SMALLEST}: ${verdict(ratios, GOAL)}`;
    process.stdout.write(`${what.padEnd(22)} 10^${exponent}  ${median(times).toFixed(2).padStart(9)} ms${against}\n`);
  }
}
