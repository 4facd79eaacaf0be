// `npm run bench:opening [rounds] [records]`: opening a data directory with a journal of 5 000 000 messages of 100 bytes, after a stop in
// order and after kill -9, each time in a new process; beside it what reading the newest segment's bytes takes. Goal: at most 1 s.
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { inDirectory, result, run } from "./processes.ts";
import { median } from "./stats.ts";

const GOAL_MS = 1_000;
const [rounds = 7, records = 5_000_000] = process.argv.slice(3).map(Number);

await inDirectory(async (dir) => {
  for (const end of ["stop", "kill"]) {
    const place = join(dir, end);
    await result(run("opening-worker", "build", place, String(records), end));
    await report(end, place);
  }
});

async function report(end: string, place: string): Promise<void> {
  const openMs: number[] = [];
  const readMs: number[] = [];
  const cpuMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Opening it mends what the end left: each round opens what was left.
    const copy = `${place}-copy`;
    await rm(copy, { recursive: true, force: true });
    await cp(place, copy, { recursive: true, force: true, filter: (path) => !path.endsWith(".sock") });
    const answer = await result(run("opening-worker", "open", copy));
    openMs.push(Number(answer.openMs));
    readMs.push(Number(answer.readMs));
    cpuMs.push(Number(answer.cpuMs));
  }
  const [open, read] = [median(openMs), median(readMs)];
  const spread = `${Math.min(...openMs).toFixed(0)} to ${Math.max(...openMs).toFixed(0)}`;
  process.stdout.write(
    `${records} messages after ${end.padEnd(5)} ${open.toFixed(0)} ms (goal ${GOAL_MS}, ${open <= GOAL_MS ? "met" : "missed"}; ${spread}), ` +
      `${median(cpuMs).toFixed(0)} ms CPU, ${(open / read).toFixed(1)} times reading the newest segment\n`,
  );
}
