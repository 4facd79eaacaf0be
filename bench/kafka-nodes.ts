// `npm run bench:kafka-nodes [short]`: 40 subscriptions of 8 topics pushed by 1, 2 and 4 nodes, up and down again, so that a machine that gets
// slower does not count for one of them. One more node publishes as fast as it can and pushes nothing. Everything runs on one machine:
// throughput is what its cores allow, and what more nodes cost is CPU a push, of all that push together. Goal: with 4 nodes at most 1.3 times
// what it is with 1.
import { nodeListReply } from "../src/lib/api/node.ts";
import { admin } from "./backlog.ts";
import { isShort, type Node, publish, say, startNode, until, withKafka } from "./kafka-world.ts";
import { ask, leave, serve } from "./processes.ts";
import { median } from "./stats.ts";

const GOAL = 1.3;
const TOPICS = 8;
const READERS = 5;
const MESSAGES = isShort ? 100 : 2_000;
const ROUNDS = isShort ? 1 : 2;
/** Of each: the consumer has to bear all of them. */
const IN_FLIGHT = 8;
const STEPS = [1, 2, 4, 2, 1] as const;

interface Round {
  readonly perS: number;
  readonly cpuUs: number;
  readonly kafkaUs: number;
}

const topics = Array.from({ length: TOPICS }, (_, index) => `topic-${index}`);
const subscriptions = topics.flatMap((topic) =>
  Array.from({ length: READERS }, (_, index) => ({ name: `${topic}-${index}`, topic })),
);

await withKafka(async (kafka) => {
  const sink = await serve("latency-sink");
  const writer = await startNode({ storage: kafka.storage, node: { id: "writer", roles: ["inbox", "admin"] } });
  const nodes: Node[] = [];
  await scaleTo(1, 0);
  for (const name of topics) await admin(writer.url, "POST", "/topics", { name });
  for (const each of subscriptions)
    await admin(writer.url, "POST", "/subscriptions", {
      ...each,
      endpoint: `${sink.url}/fast`,
      maxInFlight: IN_FLIGHT,
    });

  const rounds = new Map<number, Round[]>();
  for (const count of STEPS) {
    await scaleTo(count, subscriptions.length);
    // New processes run their code for the first time, each until it has pushed as much as one alone would have.
    for (let round = 0; round < count; round += 1) await measure();
    for (let round = 0; round < ROUNDS; round += 1) rounds.set(count, [...(rounds.get(count) ?? []), await measure()]);
  }
  report(rounds);
  for (const node of [...nodes, writer]) await node.stop();
  await leave(sink.child);

  async function scaleTo(count: number, held: number): Promise<void> {
    for (const node of nodes.splice(count).toReversed()) await node.stop();
    while (nodes.length < count)
      nodes.push(await startNode({ storage: kafka.storage, node: { id: `node-${nodes.length}`, roles: ["outbox"] } }));
    await until(async () => isSpread(count, held), 200);
  }

  /** Whether all subscriptions have owners, and each node has some of them, as far as there are any. */
  async function isSpread(count: number, held: number): Promise<boolean> {
    const { items } = nodeListReply.parse(await admin(writer.url, "GET", "/nodes"));
    const owned = items.map(({ owns }) => owns.filter(({ kind }) => kind === "subscription").length);
    const owning = owned.filter((each) => each > 0).length;
    return items.length === count + 1 && sum(owned) === held && (held === 0 || owning === count);
  }

  async function measure(): Promise<Round> {
    await ask(sink.child, "count");
    const [startMs, before, kafkaBefore] = [performance.now(), await cpuOf(nodes), await kafka.cpuUs()];
    await Promise.all(topics.map((topic) => publish(writer.url, topic, MESSAGES)));
    let left = MESSAGES * subscriptions.length;
    await until(async () => {
      left -= Number((await ask(sink.child, "count")).count);
      return left <= 0;
    });
    const pushes = MESSAGES * subscriptions.length;
    return {
      perS: (pushes * 1_000) / (performance.now() - startMs),
      cpuUs: ((await cpuOf(nodes)) - before) / pushes,
      kafkaUs: ((await kafka.cpuUs()) - kafkaBefore) / pushes,
    };
  }
});

async function cpuOf(nodes: readonly Node[]): Promise<number> {
  return sum(await Promise.all(nodes.map((node) => node.cpuUs())));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}

function report(rounds: ReadonlyMap<number, readonly Round[]>): void {
  const of = (count: number, what: keyof Round) => median((rounds.get(count) ?? []).map((round) => round[what]));
  for (const count of [1, 2, 4]) {
    const cpu = `CPU a push ${of(count, "cpuUs").toFixed(0)} µs, of Kafka ${of(count, "kafkaUs").toFixed(0)} µs`;
    say(
      `nodes, ${count} with ${subscriptions.length} subscriptions: ${of(count, "perS").toFixed(0)} pushes/s   ${cpu}`,
    );
  }
  const ratio = of(4, "cpuUs") / of(1, "cpuUs");
  say(
    `nodes, CPU a push with 4 against 1: ratio ${ratio.toFixed(2)} (goal at most ${GOAL}: ${ratio <= GOAL ? "met" : "missed"})`,
  );
}
