// `npm run bench:kafka-idle [short]`: 1 000 subscriptions of one topic to which nobody publishes: how long until a node owns them all, what
// they cost while nothing happens (CPU and connections to Kafka), and the same when a second node joins and takes its share. No goals.
import { nodeListReply } from "../src/lib/api/node.ts";
import { admin } from "./backlog.ts";
import { isShort, type Kafka, type Node, say, startNode, until, withKafka } from "./kafka-world.ts";

const COUNT = isShort ? 100 : 1_000;
const CREATORS = 8;
const IDLE_MS = isShort ? 3_000 : 10_000;
/** What follows an ownership is over by then: positions read, what former owners left cleared. */
const SETTLE_MS = isShort ? 3_000 : 8_000;

await withKafka(async (kafka) => {
  const { storage } = kafka;
  const start = (id: string) => startNode({ storage, node: { id } });
  let first = await start("first");
  const without = await idleOf([first], kafka);
  say(`idle, a node without subscriptions: ${textOf(without)}`);
  // Only a public topic has more than 5, and a public one has a schema.
  await admin(first.url, "POST", "/topics", { name: "quiet", visibility: "public", schema: '{"type":"object"}' });
  const createdMs = await timed(() => create(first));
  say(`idle, ${COUNT} subscriptions created: ${((COUNT * 1_000) / createdMs).toFixed(0)}/s`);
  say(`idle, ${COUNT} on the node that has them: ${textOf(await idleOf([first], kafka))}`);

  await first.stop();
  const joinedMs = await timed(async () => {
    first = await start("first");
    await ownedBy(1);
  });
  say(`idle, a node starts and owns all ${COUNT}: ${(joinedMs / 1_000).toFixed(1)} s`);
  say(`idle, ${COUNT} on one node: ${textOf(await idleOf([first], kafka))}`);

  let second: Node | undefined;
  const movedMs = await timed(async () => {
    second = await start("second");
    await ownedBy(2);
  });
  if (second === undefined) return;
  say(`idle, a second node starts and has its share: ${(movedMs / 1_000).toFixed(1)} s`);
  say(`idle, ${COUNT} on two nodes: ${textOf(await idleOf([first, second], kafka))}`);
  const leaving = second;
  const leftMs = await timed(async () => {
    await leaving.stop();
    await ownedBy(1);
  });
  say(`idle, the second node stops and the first has all again: ${(leftMs / 1_000).toFixed(1)} s`);
  await first.stop();

  /** Until each has an owner, which as many nodes are. */
  async function ownedBy(nodes: number): Promise<void> {
    await until(async () => {
      const { items } = nodeListReply.parse(await admin(first.url, "GET", "/nodes"));
      const owned = items.map(({ owns }) => owns.filter(({ kind }) => kind === "subscription").length);
      const owning = owned.filter((each) => each > 0).length;
      return owning === nodes && owned.reduce((sum, each) => sum + each, 0) === COUNT;
    }, 100);
  }
});

async function create({ url }: Node): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < COUNT; index = next++)
      await admin(url, "POST", "/subscriptions", {
        ...{ name: `reader-${index}`, topic: "quiet", endpoint: "http://127.0.0.1:9/nobody" },
      });
  };
  await Promise.all(Array.from({ length: CREATORS }, lane));
}

interface Idle {
  /** In parts of one core. */
  readonly cpu: number;
  readonly kafkaCpu: number;
  readonly sockets: number;
  readonly receivedPerS: number;
  readonly heapMib: number;
}

/** Of all nodes together. */
async function idleOf(nodes: readonly Node[], kafka: Kafka): Promise<Idle> {
  const look = async () => {
    const each = await Promise.all(nodes.map(async (node) => ({ cpuUs: await node.cpuUs(), ...(await node.wire()) })));
    const sum = (what: "cpuUs" | "sockets" | "receivedBytes") => each.reduce((all, one) => all + one[what], 0);
    const atMs = performance.now();
    return { cpuUs: sum("cpuUs"), sockets: sum("sockets"), received: sum("receivedBytes"), atMs };
  };
  await new Promise((wake) => setTimeout(wake, SETTLE_MS));
  const [before, kafkaBefore] = [await look(), await kafka.cpuUs()];
  await new Promise((wake) => setTimeout(wake, IDLE_MS));
  const [after, kafkaAfter] = [await look(), await kafka.cpuUs()];
  const tookMs = after.atMs - before.atMs;
  const memory = await Promise.all(nodes.map((node) => node.memory()));
  return {
    cpu: (after.cpuUs - before.cpuUs) / 1_000 / tookMs,
    kafkaCpu: (kafkaAfter - kafkaBefore) / 1_000 / tookMs,
    sockets: after.sockets,
    receivedPerS: ((after.received - before.received) * 1_000) / tookMs,
    heapMib: memory.reduce((sum, { heapMib }) => sum + heapMib, 0),
  };
}

function textOf({ cpu, kafkaCpu, sockets, receivedPerS, heapMib }: Idle): string {
  const percent = (part: number) => `${(part * 100).toFixed(1)} %`;
  const kafka = `${sockets} connections to Kafka, ${(receivedPerS / 1_024).toFixed(1)} KiB/s from it`;
  return `CPU ${percent(cpu)} of a core, Kafka's ${percent(kafkaCpu)}; ${kafka}; heap ${heapMib.toFixed(0)} MiB`;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
