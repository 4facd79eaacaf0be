// Part of `npm run bench:behind`: `build <dir> <count>`, or `operate <dir>`: one start, and what an operator does then, each timed.
import { admin, buildBacklog, openServed } from "./backlog.ts";
import { median } from "./stats.ts";

const REPEATS = 25;
const [, , what, dir = "", count] = process.argv;
const answer = what === "build" ? await build() : await operate();
process.send?.(answer);
process.on("disconnect", () => process.exit());

async function build() {
  await (await buildBacklog(dir, Number(count))).close();
  return {};
}

async function operate() {
  const startMs = performance.now();
  const broker = await openServed(dir);
  const openMs = performance.now() - startMs;
  const call = (method: string, path: string, body?: unknown) =>
    admin(broker.url, method, `/subscriptions/${path}`, body);
  const times: Record<string, number> = { "start-up": openMs };
  times.lag = await timed(() => call("GET", "behind/lag"));
  times["resume and pause"] = await timed(async () => {
    await call("POST", "behind/resume");
    await call("POST", "behind/pause");
  });
  times["rewind and undo"] = await timed(async () => {
    await moved(call("POST", "done/rewind", { hours: 24 }));
    await moved(call("POST", "done/undo", { of: "rewind" }));
  });
  await broker.close();
  return times;
}

/** Answered by the owner once it has moved, not only once it was ordered. */
async function moved(answer: Promise<Record<string, unknown>>): Promise<void> {
  const { state } = await answer;
  if (state !== "done") throw new Error(`The move is ${String(state)}.`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  await work();
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const startMs = performance.now();
    await work();
    times.push(performance.now() - startMs);
  }
  return median(times);
}
