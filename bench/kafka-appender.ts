// Part of `npm run bench:kafka-publish`: the engine alone, without HTTP and without the broker. Appends messages of 1 KB, one a call, from as
// many lanes as the others have connections, for as long as it is asked to.
import { openKafkaEngine } from "../src/lib/engine/kafka/engine.ts";
import { systemClock as clock } from "../src/lib/system-clock.ts";

const LANES = 64;
const PAYLOAD = Buffer.from(JSON.stringify({ orderId: "1", note: "x".repeat(1_024 - 25) }));
const { settings } = JSON.parse(process.argv[2] ?? "{}");
const node = { id: "appender", url: null, roles: ["inbox" as const] };
const engine = await openKafkaEngine({ settings, node, clock, prefix: "appender-", report: () => {} });
await engine.log.createTopic("orders");
process.on("message", (durationMs) => void append(Number(durationMs)).then((told) => process.send?.(told)));
process.on("disconnect", () => void engine.close().finally(() => process.exit(0)));
process.send?.({ ready: true });

let nextId = 0;

async function append(durationMs: number): Promise<unknown> {
  const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
  const tookMs: number[] = [];
  const lane = async () => {
    for (let sinceMs = startMs; sinceMs < startMs + durationMs; sinceMs = performance.now()) {
      await engine.log.append("orders", [{ id: `message-${nextId++}`, attributes: [], payload: PAYLOAD }]);
      tookMs.push(performance.now() - sinceMs);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const { user, system } = process.cpuUsage(startCpu);
  const sorted = Float64Array.from(tookMs).sort();
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)];
  const perS = (sorted.length * 1_000) / (performance.now() - startMs);
  return { perS, p50Ms: at(0.5), p99Ms: at(0.99), count: sorted.length, cpuUs: (user + system) / sorted.length };
}
