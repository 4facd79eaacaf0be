// Part of `npm run bench:opening`: `build <dir> <count> <end>` or `open <dir>`, each in a process of its own.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { buildBacklog, openEngine } from "./backlog.ts";

const [, , what, dir = "", count, end] = process.argv;
if (what === "build") {
  const engine = await buildBacklog(dir, Number(count));
  if (end === "stop") await engine.close();
  // Once the state has noted how far the journal has come, as it does each second.
  else await pause(2_000);
  process.send?.({}, () => (end === "stop" ? undefined : process.kill(process.pid, "SIGKILL")));
} else {
  const readMs = await timed(() => readNewest(dir));
  const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
  const engine = await openEngine(dir);
  const [openMs, cpu] = [performance.now() - startMs, process.cpuUsage(startCpu)];
  await engine.close();
  process.send?.({ openMs, readMs, cpuMs: (cpu.user + cpu.system) / 1_000 });
}
process.on("disconnect", () => process.exit());

/** What nothing that looks at the newest segment can do without. */
async function readNewest(dataDir: string): Promise<void> {
  const journal = join(dataDir, "journal");
  const newest = (await readdir(journal))
    .filter((name) => !name.endsWith(".index"))
    .sort()
    .at(-1);
  if (newest !== undefined) await readFile(join(journal, newest));
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
