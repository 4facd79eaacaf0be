// `npm run bench:kafka [short]`: all benches on Kafka, one after the other, each with a Kafka of its own. Each line is told as it comes. One
// that fails, or takes too long, is told and holds up no other; then the end is a failure.
import { once } from "node:events";
import { loadavg } from "node:os";
import { isShort, say } from "./kafka-world.ts";
import { run } from "./processes.ts";

/** Each with the time that it may take, in seconds; in sum 15 minutes. */
const BENCHES = [
  ["publish", 130],
  ["push", 110],
  ["fetch", 90],
  ["nodes", 160],
  ["memory", 200],
  ["idle", 210],
] as const;

const failed: string[] = [];
for (const [name, limitS] of BENCHES) {
  const startMs = performance.now();
  const child = run(`kafka-${name}`, name, isShort ? "short" : "full");
  const late = setTimeout(() => child.kill(), limitS * 1_000);
  const [code] = await once(child, "exit");
  clearTimeout(late);
  const tookS = (performance.now() - startMs) / 1_000;
  if (code !== 0) failed.push(name);
  const end = code === 0 ? "" : tookS < limitS ? ": FAILED" : ": FAILED, it took too long";
  say(`${name}: ${tookS.toFixed(0)} s, load ${loadavg()[0]?.toFixed(1)}${end}\n`);
}
if (failed.length > 0) process.exitCode = 1;
