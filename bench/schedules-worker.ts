// A process of its own for bench/schedules.ts: `fill <dir> <count> <from ms> <to ms>` puts schedules whose times are spread over that span
// from now, and tells the rate and what memory it took; `serve <dir>` opens a broker and tells its URL and how long that took;
// `starts <dir> <other dir>` tells how long opening a broker takes on each, in turn, in one process that is warm;
// `read <dir>` tells how late each message of the topic was published.
import { readFileSync } from "node:fs";
import { openEmbeddedEngine } from "../src/lib/engine/embedded/engine.ts";
import type { Engine } from "../src/lib/engine/port.ts";
import { type OpenBroker, openBroker } from "../src/lib/open-broker.ts";
import { systemClock } from "../src/lib/system-clock.ts";
import { SCHEDULED_BYTES, TOPIC } from "./schedules-topic.ts";

const STARTS = 25;
/** Puts under way at a time, as so many publishers would have them. */
const AT_ONCE = 1_000;
const PAGE = { countMax: 10_000, bytesMax: 64 * 1_048_576 };

const [, , mode, dir = "", ...numbers] = process.argv;
const [count = 0, fromMs = 0, toMs = 0] = numbers.map(Number);
process.on("disconnect", () => process.exit(0));
if (mode === "fill") await withEngine(fill);
else if (mode === "read") await withEngine(read);
else if (mode === "starts") await starts([dir, process.argv[4] ?? ""]);
else await serve();

async function withEngine(work: (engine: Engine) => Promise<unknown>): Promise<void> {
  const report = () => undefined;
  const engine = await openEmbeddedEngine({ dir, clock: systemClock, report, onFatal: () => process.exit(1) });
  const answer = await work(engine);
  await engine.close();
  process.send?.(answer);
}

async function fill(engine: Engine) {
  await engine.log.createTopic(TOPIC.id);
  if ((await engine.catalog.get("topic", TOPIC.name)) === undefined)
    await engine.catalog.put("topic", TOPIC.name, TOPIC, 0);
  const before = memory();
  const startedMs = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < count) await put(engine, next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const perS = count / ((performance.now() - startedMs) / 1_000);
  return { perS, before, after: memory() };
}

async function put(engine: Engine, index: number): Promise<void> {
  const scheduledAtMs = Date.now();
  const dueMs = Math.round(scheduledAtMs + fromMs + ((toMs - fromMs) * index) / count);
  const id = `${fromMs}-${process.pid}-${index}`;
  const note = "x".repeat(SCHEDULED_BYTES - 40);
  const message = { id, attributes: [], payload: Buffer.from(JSON.stringify({ dueMs, note })) };
  const done = await engine.schedules.put({ topicId: TOPIC.id, topic: TOPIC.name, message, scheduledAtMs, dueMs });
  if (done.kind !== "put") throw new Error(`${id} was there already.`);
}

async function read(engine: Engine) {
  const lateMs: number[] = [];
  const publishTimesMs: number[] = [];
  for (let from = 0; ; ) {
    const { records, next } = await engine.log.read({ topicId: TOPIC.id, index: 0 }, from, PAGE);
    if (next === from) break;
    for (const { payload, timeMs } of records) {
      const { dueMs } = JSON.parse(Buffer.from(payload).toString());
      if (dueMs === undefined) continue;
      lateMs.push(timeMs - dueMs);
      publishTimesMs.push(timeMs);
    }
    from = next;
  }
  return { lateMs, tookMs: Math.max(...publishTimesMs) - Math.min(...publishTimesMs) };
}

async function starts(dirs: readonly string[]): Promise<void> {
  const tookMs: number[][] = dirs.map(() => []);
  for (let round = 0; round < STARTS; round += 1) {
    for (const [index, each] of dirs.entries()) {
      const startedMs = performance.now();
      const broker = await open(each);
      tookMs[index]?.push(performance.now() - startedMs);
      await broker.close();
    }
  }
  process.send?.({ tookMs });
}

async function serve(): Promise<void> {
  const broker = await open(dir);
  process.send?.({ url: broker.url, memory: memory() });
  process.on("message", async (message) => {
    if (message === "memory") process.send?.({ memory: memory() });
    else if (message === "close") {
      await broker.close();
      process.send?.({ closed: true });
    }
  });
}

function open(dataDir: string): Promise<OpenBroker> {
  return openBroker({
    version: "bench",
    listen: { host: "127.0.0.1", port: 0, insecure: false },
    allowedHosts: [],
    storage: { dataDir, acceptLoss: false },
    log: { write: () => undefined, human: true },
    onFatal: () => process.exit(1),
  });
}

/** In MiB. What lies in memory because the file is mapped can be taken back by the system at any time; `anonMib` cannot. */
function memory() {
  const status = readFileSync("/proc/self/status", "utf8");
  const mib = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1_024);
  return { anonMib: mib("RssAnon"), fileMib: mib("RssFile") };
}
