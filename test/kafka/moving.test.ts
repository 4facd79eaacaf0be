import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { LIMITS } from "../../src/lib/broker/delivery/limits.ts";
import { MAX_IN_FLIGHT_DEFAULT } from "../../src/lib/domain/subscription.ts";
import { run } from "../commands/run.ts";
import { type Consumer, eventually, startConsumer, temporaryDir } from "../e2e/http.ts";
import { type BrokerProcess, freePort, startBrokerProcess } from "../support/broker-process.ts";
import { kafkaForTests, testWithKafka } from "../support/kafka.ts";

const MS_MAX = 240_000;
const WORKERS = 4;
const PAUSE_MS = 5;
const KEYS = 7;
/** Acknowledged between two steps. */
const EACH = 60;
/** What one kill may bring again: in flight, and settled since the last commit. */
const REPEATS_MAX = MAX_IN_FLIGHT_DEFAULT + LIMITS.commitCount;
const SCHEMA = '{"type": "object", "required": ["n"]}';
const WAYS = [
  { from: "embedded", to: "kafka" },
  { from: "kafka", to: "embedded" },
] as const;

type Engine = (typeof WAYS)[number]["from" | "to"];

/** A broker of its own that is always found under the same address. */
interface Place {
  readonly url: string;
  process(): BrokerProcess;
  start(): Promise<void>;
  kbroker(...words: string[]): Promise<string>;
}

async function place(engine: Engine): Promise<Place> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const prefix = `m${randomUUID().slice(0, 8)}-`;
  const onKafka = ["--engine", "kafka", "--brokers", (await kafkaForTests()).join(","), "--prefix", prefix];
  const storage = engine === "kafka" ? { more: [...onKafka, "--partitions", "2"] } : { dataDir: await temporaryDir() };
  let life = await startBrokerProcess({ port, ...storage });
  return {
    url,
    process: () => life,
    async start() {
      life = await startBrokerProcess({ port, ...storage });
    },
    async kbroker(...words) {
      const [noun = "", verb = "", ...rest] = words;
      const ended = await run(`${noun} ${verb}`, rest, { KBROKER_ADMIN_URL: url });
      expect({ words, ...ended }).toMatchObject({ exit: 0 });
      return ended.stdout;
    },
  };
}

interface Traffic {
  /** Ids that some broker has acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  /** Resolves once so many more have been acknowledged. */
  more(): Promise<void>;
  /** From now on that many of the publishers go to the other broker. */
  changeOver(count: number): void;
  stop(): Promise<void>;
}

/** Publishers that go on: the same message under the same id to their broker, until it is acknowledged. */
function startTraffic(from: Place, to: Place): Traffic {
  const acknowledged = new Set<string>();
  let [published, changed, stopped] = [0, 0, false];
  const publisher = async (index: number) => {
    while (!stopped) {
      const n = published++;
      const headers = { "x-kb-messageid": `m-${n}`, "x-kb-key": `k-${n % KEYS}`, "event-type": `t-${n}` };
      while (!(await isTaken(index < changed ? to.url : from.url, { n, headers }))) await delay(PAUSE_MS);
      acknowledged.add(`m-${n}`);
      await delay(PAUSE_MS);
    }
  };
  const publishers = Array.from({ length: WORKERS }, (_, index) => publisher(index));
  const stop = async () => {
    stopped = true;
    await Promise.all(publishers);
  };
  onTestFinished(() => {
    stopped = true;
  });
  return {
    acknowledged,
    async more() {
      const wanted = acknowledged.size + EACH;
      await eventually(() => expect(acknowledged.size).toBeGreaterThanOrEqual(wanted));
    },
    changeOver(count) {
      changed = count;
    },
    stop,
  };
}

async function isTaken(url: string, { n, headers }: { n: number; headers: Record<string, string> }): Promise<boolean> {
  try {
    const response = await fetch(`${url}/publish/orders`, { method: "POST", headers, body: JSON.stringify({ n }) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false; // It was killed: the same again, as any publisher does.
  }
}

/** Two brokers, the old one with a topic and a subscription under traffic, and its setup in a file. */
async function world({ from: here, to: there }: (typeof WAYS)[number]) {
  const [from, to, consumer] = await Promise.all([place(here), place(there), startConsumer()]);
  const { admin } = from.process();
  await admin.call("topicCreate", { body: { name: "orders", visibility: "public", schema: SCHEMA } });
  const billing = { name: "billing", topic: "orders", endpoint: consumer.url, retryDelays: ["50ms", "200ms"] };
  await admin.call("subscriptionCreate", { body: billing });
  const file = join(await temporaryDir(), "broker.yaml");
  await writeFile(file, await from.kbroker("broker", "export"));
  const traffic = startTraffic(from, to);
  await traffic.more();
  return { from, to, consumer, file, traffic };
}

async function quiet(place: Place, subscription: string) {
  await eventually(async () => {
    const lag = await place.process().admin.call("subscriptionLag", { name: subscription });
    expect(lag).toMatchObject({ lag: 0, parked: 0, inFlight: 0, deadLetters: 0, scheduled: 0 });
  });
}

async function kill(place: Place) {
  await place.process().end("SIGKILL");
  await place.start();
}

/** Every acknowledged message came, each as it was published. Resolves with how many came again. */
function judge(consumer: Consumer, { acknowledged }: Traffic): number {
  const received = new Map(consumer.pushes.map((push) => [String(push.headers["x-kb-messageid"]), push]));
  expect([...acknowledged].filter((id) => !received.has(id))).toEqual([]);
  for (const [id, { headers, body }] of received) {
    const n = Number(id.slice("m-".length));
    const told = { key: headers["x-kb-key"], type: headers["event-type"], body: String(body) };
    expect(told).toEqual({ key: `k-${n % KEYS}`, type: `t-${n}`, body: `{"n":${n}}` });
  }
  return consumer.pushes.length - received.size;
}

testWithKafka.each(WAYS)(
  "drained from $from to $to under traffic, with a kill -9 in between, no acknowledged message is lost",
  async (way) => {
    const { from, to, consumer, file, traffic } = await world(way);

    await to.kbroker("broker", "import", file, "--yes");
    traffic.changeOver(WORKERS / 2);
    await traffic.more();
    await kill(from);
    await traffic.more();
    traffic.changeOver(WORKERS);
    await traffic.more();
    await quiet(from, "billing");
    expect((await from.process().end("SIGTERM")).code).toBe(0);
    await traffic.stop();
    await quiet(to, "billing");

    const again = judge(consumer, traffic);
    console.info(
      `Drained from ${way.from} to ${way.to}: ${traffic.acknowledged.size} acknowledged, ${again} came again.`,
    );
    expect(again).toBeLessThanOrEqual(REPEATS_MAX);
  },
  MS_MAX,
);

testWithKafka.each(WAYS)(
  "mirrored from $from to $to under traffic, with a kill -9 in between, no acknowledged message is lost",
  async (way) => {
    const { from, to, consumer, file, traffic } = await world(way);
    const mirror = ["--topic", "orders", "--endpoint", `${to.url}/publish/orders`, "--from", "beginning"];
    const final = ["--permanent-status", "400,404,409,413,422"];

    await to.kbroker("broker", "import", file, "--paused", "--from", "beginning", "--yes");
    await from.kbroker("subscription", "create", "mirror-orders", ...mirror, ...final);
    await traffic.more();
    await kill(from);
    await traffic.more();
    await from.kbroker("subscription", "pause", "billing");
    const noted = await eventually(async () => {
      const lag = await from.process().admin.call("subscriptionLag", { name: "billing" });
      expect(lag).toMatchObject({ state: "paused", inFlight: 0 });
      return lag.oldestUndelivered?.publishTime ?? lag.asOf;
    });
    const before = consumer.pushes.length;
    await traffic.more();
    expect(consumer.pushes.length).toBe(before);
    await to.kbroker("subscription", "skip", "billing", "--to", noted, "--yes");
    await to.kbroker("subscription", "resume", "billing");
    // Not before: the skip would drop what the new broker took itself.
    traffic.changeOver(WORKERS / 2);
    await traffic.more();
    traffic.changeOver(WORKERS);
    await traffic.more();
    await quiet(from, "mirror-orders");
    expect((await from.process().end("SIGTERM")).code).toBe(0);
    await traffic.stop();
    await quiet(to, "billing");

    const again = judge(consumer, traffic);
    console.info(
      `Mirrored from ${way.from} to ${way.to}: ${traffic.acknowledged.size} acknowledged, ${again} came again.`,
    );
    // Those of the kill, and the overlap at the take-over.
    expect(again).toBeLessThanOrEqual(2 * REPEATS_MAX);
    expect(again).toBeLessThan(before);
  },
  MS_MAX,
);
