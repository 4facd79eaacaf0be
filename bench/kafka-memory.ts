// `npm run bench:kafka-memory [short]`: the memory of a node on Kafka that owns 1 000 000 parked messages (10 subscriptions with as many as
// one may have), and of one that knows 1 000 000 scheduled messages, against the same node before; and how long it takes until it has them.
// What waits is put through the engine. No goals.
import { once } from "node:events";
import type { KafkaStorage } from "../src/lib/open-engine.ts";
import { admin } from "./backlog.ts";
import { isShort, type Node, say, startNode, until, withKafka } from "./kafka-world.ts";
import { ask, leave, run } from "./processes.ts";

const SUBSCRIPTIONS = 10;
const PARKED_EACH = isShort ? 2_000 : 100_000;
const SCHEDULED = isShort ? 20_000 : 1_000_000;

interface Ready {
  readonly heapMib: number;
  readonly rssMib: number;
  readonly tookMs: number;
}

await withKafka(async ({ storage }) => {
  await parked({ ...storage, prefix: "parked-" });
  await scheduled({ ...storage, prefix: "scheduled-" });
});

async function parked(storage: KafkaStorage): Promise<void> {
  const first = await startNode({ storage });
  // A private topic has at most 5.
  const topics: { readonly topicId: string; readonly names: readonly string[]; readonly ids: readonly string[] }[] = [];
  for (const topic of ["orders", "others"]) {
    const { id } = await admin(first.url, "POST", "/topics", { name: topic });
    const names = Array.from({ length: SUBSCRIPTIONS / 2 }, (_, index) => `${topic}-${index}`);
    const ids: string[] = [];
    for (const name of names) {
      const subscription = { name, topic, endpoint: "http://127.0.0.1:9/nobody" };
      ids.push(String((await admin(first.url, "POST", "/subscriptions", subscription)).id));
      await admin(first.url, "POST", `/subscriptions/${name}/pause`);
    }
    topics.push({ topicId: String(id), names, ids });
  }
  await first.stop();
  const names = topics.flatMap((each) => each.names);
  const has = (count: number) => async (node: Node) => {
    const lags = await Promise.all(names.map((name) => admin(node.url, "GET", `/subscriptions/${name}/lag`)));
    return lags.reduce((sum, lag) => sum + Number(lag.parked), 0) === count;
  };
  const before = await ready(storage, has(0));
  let tookMs = 0;
  for (const { topicId, ids } of topics) tookMs += await fill(storage, { topicId, count: PARKED_EACH, parked: ids });
  const count = PARKED_EACH * SUBSCRIPTIONS;
  say(`memory, ${count} parked by the engine: ${((count * 1_000) / tookMs).toFixed(0)}/s`);
  tell("parked", count, before, await ready(storage, has(count)));
}

async function scheduled(storage: KafkaStorage): Promise<void> {
  const first = await startNode({ storage });
  const { id } = await admin(first.url, "POST", "/topics", { name: "later" });
  await first.stop();
  const has = (count: number) => async (node: Node) =>
    Number((await admin(node.url, "GET", "/broker")).scheduled) === count;
  const before = await ready(storage, has(0));
  const tookMs = await fill(storage, { topicId: String(id), topic: "later", count: SCHEDULED });
  say(`memory, ${SCHEDULED} scheduled by the engine: ${((SCHEDULED * 1_000) / tookMs).toFixed(0)}/s`);
  tell("scheduled", SCHEDULED, before, await ready(storage, has(SCHEDULED)));
}

async function fill(storage: KafkaStorage, order: unknown): Promise<number> {
  const filler = run("kafka-filler", JSON.stringify(storage));
  await once(filler, "message");
  const { tookMs } = await ask(filler, order);
  await leave(filler);
  return Number(tookMs);
}

/** A new node's, once it has what it is to have. */
async function ready(storage: KafkaStorage, has: (node: Node) => Promise<boolean>): Promise<Ready> {
  const startMs = performance.now();
  const node = await startNode({ storage });
  await until(() => has(node), 100);
  const tookMs = performance.now() - startMs;
  const memory = await node.memory();
  await node.stop();
  return { ...memory, tookMs };
}

function tell(what: string, count: number, before: Ready, after: Ready): void {
  const per = (mib: number) => `${((mib * 1_000_000) / count).toFixed(0)} MiB`;
  const memory = `heap ${per(after.heapMib - before.heapMib)}, resident ${per(after.rssMib - before.rssMib)}`;
  const seconds = ({ tookMs }: Ready) => `${(tookMs / 1_000).toFixed(1)} s`;
  const start = `a start takes ${seconds(after)} with ${count}, ${seconds(before)} without`;
  say(`memory, per 1 000 000 ${what}: ${memory}; ${start} (no goal)`);
}
