// `npm run bench:kafka-push [short]`: a backlog of 1 KB pushed at 64 in flight, from a broker on Kafka and from one on the embedded engine, to
// the same consumer, taking turns in one run. Goal: at least 0.7 of the embedded engine.
import { admin } from "./backlog.ts";
import { against, isShort, type Node, publish, say, startNode, until, withKafka } from "./kafka-world.ts";
import { ask, inDirectory, leave, serve } from "./processes.ts";
import { median } from "./stats.ts";

const GOAL = 0.7;
const ROUNDS = isShort ? 2 : 7;
const MESSAGES = isShort ? 2_000 : 20_000;

interface Round {
  readonly perS: number;
  readonly cpuUs: number;
  readonly kafkaUs: number;
}

await withKafka((kafka) =>
  inDirectory(async (dataDir) => {
    const sink = await serve("latency-sink");
    const received = async () => Number((await ask(sink.child, "count")).count);

    async function prepare(node: Node): Promise<Node> {
      await admin(node.url, "POST", "/topics", { name: "orders" });
      const subscription = { name: "reader", topic: "orders", endpoint: `${sink.url}/fast`, maxInFlight: 64 };
      await admin(node.url, "POST", "/subscriptions", subscription);
      return node;
    }

    async function round({ url, cpuUs }: Node): Promise<Round> {
      await admin(url, "POST", "/subscriptions/reader/pause");
      await publish(url, "orders", MESSAGES);
      await received();
      const [startMs, before, kafkaBefore] = [performance.now(), await cpuUs(), await kafka.cpuUs()];
      await admin(url, "POST", "/subscriptions/reader/resume");
      let left = MESSAGES;
      await until(async () => {
        left -= await received();
        return left <= 0;
      });
      const perS = (MESSAGES * 1_000) / (performance.now() - startMs);
      const each = (us: number) => us / MESSAGES;
      return { perS, cpuUs: each((await cpuUs()) - before), kafkaUs: each((await kafka.cpuUs()) - kafkaBefore) };
    }

    const embedded = await prepare(await startNode({ storage: { dataDir, acceptLoss: false } }));
    const onKafka = await prepare(await startNode(kafka));
    const rounds: { readonly embedded: Round; readonly onKafka: Round }[] = [];
    for (let done = 0; done <= ROUNDS; done += 1) {
      const both = { embedded: await round(embedded), onKafka: await round(onKafka) };
      // The first one is for warming up.
      if (done > 0) rounds.push(both);
    }
    for (const name of ["embedded", "onKafka"] as const) {
      const of = (what: keyof Round) => median(rounds.map((each) => each[name][what]));
      const cpu = `CPU each ${of("cpuUs").toFixed(0)} µs, of Kafka ${of("kafkaUs").toFixed(0)} µs`;
      say(
        `push, from ${(name === "embedded" ? "embedded" : "Kafka").padEnd(9)}${of("perS").toFixed(0).padStart(7)}/s   ${cpu}`,
      );
    }
    const ratios = rounds.map((each) => each.onKafka.perS / each.embedded.perS);
    say(`push, from Kafka against from embedded: ${against(ratios, GOAL)}`);
    await Promise.all([embedded.stop(), onKafka.stop()]);
    await leave(sink.child);
  }),
);
