// `npm run bench:kafka-publish [short]`: durable publish of 1 KB at 64 connections, through a broker on Kafka against one on the embedded
// engine, and the Kafka engine alone (`engine.log.append`, no HTTP), taking turns in one run. Kafka runs on the same machine and needs its
// part of it. Goal: at least 0.8 of the embedded engine.

import { once } from "node:events";
import { admin } from "./backlog.ts";
import { against, isShort, say, startNode, withKafka } from "./kafka-world.ts";
import { runLoad } from "./load.ts";
import { ask, inDirectory, leave, run } from "./processes.ts";
import { median } from "./stats.ts";

const GOAL = 0.8;
const ROUNDS = isShort ? 2 : 7;
const DURATION_MS = isShort ? 1_000 : 3_000;
const BODY = Buffer.from(JSON.stringify({ orderId: "1", note: "x".repeat(1_024 - 25) }));

interface Round {
  readonly perS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the broker's process, and of Kafka's, a message. */
  readonly cpuUs: number;
  readonly kafkaUs: number;
}

await withKafka((kafka) =>
  inDirectory(async (dataDir) => {
    const appender = run("kafka-appender", JSON.stringify(kafka.storage));
    await once(appender, "message");
    const [embedded, onKafka] = [await startNode({ storage: { dataDir, acceptLoss: false } }), await startNode(kafka)];
    const over =
      ({ url, cpuUs }: typeof embedded) =>
      async () => {
        const before = await cpuUs();
        const load = { url, path: () => "/publish/orders", body: BODY, connections: 64, durationMs: DURATION_MS };
        const round = await runLoad(load);
        return { ...round, cpuUs: ((await cpuUs()) - before) / round.count };
      };
    for (const { url } of [embedded, onKafka]) await admin(url, "POST", "/topics", { name: "orders" });
    const contenders = {
      "embedded, HTTP": over(embedded),
      "Kafka, HTTP": over(onKafka),
      "Kafka, engine alone": async () => numbers(await ask(appender, DURATION_MS)),
    };
    const rounds = new Map(Object.keys(contenders).map((name): [string, Round[]] => [name, []]));
    for (let round = 0; round <= ROUNDS; round += 1)
      for (const [name, measure] of Object.entries(contenders)) {
        const before = await kafka.cpuUs();
        const measured = await measure();
        const kafkaUs = ((await kafka.cpuUs()) - before) / measured.count;
        // The first one is for warming up.
        if (round > 0) rounds.get(name)?.push({ ...measured, kafkaUs });
      }
    report(rounds);
    await Promise.all([embedded.stop(), onKafka.stop(), leave(appender)]);
  }),
);

function numbers(told: Record<string, unknown>) {
  const of = (name: string) => Number(told[name]);
  return { perS: of("perS"), p50Ms: of("p50Ms"), p99Ms: of("p99Ms"), count: of("count"), cpuUs: of("cpuUs") };
}

function report(rounds: ReadonlyMap<string, readonly Round[]>): void {
  for (const [name, list] of rounds) {
    const of = (what: keyof Round) => median(list.map((round) => round[what]));
    const times = `p50 ${of("p50Ms").toFixed(1)} ms, p99 ${of("p99Ms").toFixed(1)} ms`;
    const cpu = `CPU each ${of("cpuUs").toFixed(0)} µs, of Kafka ${of("kafkaUs").toFixed(0)} µs`;
    say(`publish, ${name.padEnd(20)}${of("perS").toFixed(0).padStart(7)}/s   ${times}   ${cpu}`);
  }
  const [embedded = [], onKafka = [], alone = []] = rounds.values();
  const ratios = (to: readonly Round[]) => onKafka.map(({ perS }, index) => perS / (to[index]?.perS ?? Number.NaN));
  say(`publish, Kafka against embedded, both over HTTP: ${against(ratios(embedded), GOAL)}`);
  say(`publish, Kafka over HTTP against its engine alone: ratio ${median(ratios(alone)).toFixed(2)} (no goal)`);
}
