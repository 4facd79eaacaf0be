// Part of `npm run bench:behind`: `build <dir> <count>`, or `operate <dir>`: one start, and what an operator does then, each timed.
import { admin, buildBacklog, fillNewest, openServed } from "./backlog.ts";
import { median } from "./stats.ts";

const REPEATS = 25;
/** So that no size is measured with colder code or a colder disk than another. */
const WARM_UPS = 10;
const [, , what, dir = "", count] = process.argv;
const answer = what === "build" ? await build() : await operate();
process.send?.(answer);
process.on("disconnect", () => process.exit());

async function build() {
  await (await buildBacklog(dir, Number(count))).close();
  await fillNewest(dir);
  return {};
}

async function operate() {
  const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
  const broker = await openServed(dir);
  const [openMs, openCpuMs] = [performance.now() - startMs, cpuMs(startCpu)];
  const call = (method: string, path: string, body?: unknown) =>
    admin(broker.url, method, `/subscriptions/${path}`, body);
  const times = {
    ...{ "start-up": openMs, "start-up, CPU": openCpuMs },
    ...(await timed("lag", () => call("GET", "behind/lag"))),
    ...(await timed("resume and pause", async () => {
      await call("POST", "behind/resume");
      await call("POST", "behind/pause");
    })),
    ...(await timed("rewind and undo", async () => {
      await moved(call("POST", "done/rewind", { hours: 24 }));
      await moved(call("POST", "done/undo", { of: "rewind" }));
    })),
  };
  await broker.close();
  return times;
}

/** Answered by the owner once it has moved, not only once it was ordered. */
async function moved(answer: Promise<Record<string, unknown>>): Promise<void> {
  const { state } = await answer;
  if (state !== "done") throw new Error(`The move is ${String(state)}.`);
}

/** The median time, and the CPU of the broker with the one that asks it, on average. */
async function timed(what: string, work: () => Promise<unknown>): Promise<Record<string, number>> {
  const times: number[] = [];
  for (let warm = 0; warm < WARM_UPS; warm += 1) await work();
  const startCpu = process.cpuUsage();
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const startMs = performance.now();
    await work();
    times.push(performance.now() - startMs);
  }
  return { [what]: median(times), [`${what}, CPU`]: cpuMs(startCpu) / REPEATS };
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}
