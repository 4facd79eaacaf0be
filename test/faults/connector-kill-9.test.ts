import { expect, vi } from "vitest";
import { temporaryDir } from "../e2e/http.ts";
import { type BrokerProcess, freePort, startBrokerProcess } from "../support/broker-process.ts";
import { type Postgresql, type StopMode, startPostgresql, testWithPostgresql } from "../support/postgresql.ts";
import { type RecordingConsumer, startConsumer } from "../support/recording-consumer.ts";
import { arrived, connectorBecomes, messagesOf, openShop, type Shop } from "../support/shop.ts";
import { committedHistories, differences, publishedHistories } from "./connector-history.ts";
import { audited, createTables, type Load, startLoad, TABLES } from "./connector-load.ts";
import { seededPick } from "./random.ts";

/** Set it to the printed seed to have the same load again. */
const SEED = Number(process.env.KBROKER_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** With this many the changes are always enough: how many a transaction has, and which are aborted, is drawn. */
const TRANSACTIONS = 2_200;
const CHANGES_MIN = 50_000;
const KILLS = 10;
/** In these lives of the broker the database stops, in the middle. */
const RESTARTS: ReadonlyMap<number, StopMode | "kill"> = new Map([
  [2, "fast"],
  [5, "immediate"],
  [8, "kill"],
]);
/** Pushes that the consumer sees of a life before it ends; fewer than there are changes for it. */
const PUSHES = { min: 300, range: 2_000 };
const WAIT = { timeout: 180_000, interval: 20 };
const MARK = "the-end";

testWithPostgresql(
  `a broker killed ${KILLS} times, on a database stopped ${RESTARTS.size} times, publishes each committed change once and in its order`,
  { timeout: 600_000 },
  async () => {
    const server = await startPostgresql({ settings: { deadlock_timeout: "50ms" } });
    const shop = await openShop(server);
    await createTables(server);
    const pick = seededPick(SEED);
    const load = startLoad(server, { transactions: TRANSACTIONS, pick });
    const consumer = await startConsumer(() => 204);

    const broker = await liveAndDie({ shop, load, consumer, pick });

    const { duplicates } = await connectorBecomes(broker.admin, { status: "streaming", fault: null, warnings: [] });
    const changes = await audited(server);
    const stored = await expectSameHistories(broker, shop, changes);
    await expectAllPushed(consumer, stored);
    const pushedAgain = consumer.pushes.length - stored.size;
    console.info(
      `kill -9 of the broker ${KILLS} times, the database stopped ${RESTARTS.size} times (KBROKER_TEST_SEED=${SEED}): ` +
        `${changes.length} changes in ${load.committed} transactions, ${load.aborted} aborted; ${stored.size} events, 0 lost, ` +
        `${duplicates} read again and recognised by their id, ${pushedAgain} pushed again.`,
    );
    expect(changes.length).toBeGreaterThanOrEqual(CHANGES_MIN);
    expect(await broker.end("SIGTERM")).toEqual({ code: 0 });
  },
);

interface Play {
  readonly shop: Shop;
  readonly load: Load;
  readonly consumer: RecordingConsumer;
  readonly pick: (below: number) => number;
}

/** Gives the broker that is left, once everything has arrived. */
async function liveAndDie({ shop, load, consumer, pick }: Play): Promise<BrokerProcess> {
  const place = {
    dataDir: await temporaryDir(),
    port: await freePort(),
    more: ["--secrets-dir", shop.secretsDir],
  };
  let broker = await startBrokerProcess(place);
  await setUp(broker, shop, consumer.url);
  for (let life = 0; life < KILLS; life++) {
    load.allow(Math.ceil((TRANSACTIONS * (life + 1)) / (KILLS + 1)));
    const before = consumer.pushes.length;
    const pushes = PUSHES.min + pick(PUSHES.range);
    const pushed = (count: number) => vi.waitUntil(() => consumer.pushes.length >= before + count, WAIT);
    await pushed(Math.floor(pushes / 2));
    const stop = RESTARTS.get(life);
    if (stop !== undefined) await stopAndStart(shop.server, stop);
    await pushed(pushes);
    await broker.end("SIGKILL");
    broker = await startBrokerProcess(place);
  }
  load.allow(TRANSACTIONS);
  await load.done;
  await shop.server.sql("INSERT INTO accounts VALUES ($1, 0, 0)", [MARK]);
  await arrived(broker.admin, shop.topic("accounts"), MARK);
  return broker;
}

async function stopAndStart(server: Postgresql, how: StopMode | "kill"): Promise<void> {
  if (how !== "kill") return server.restart(how);
  await server.kill9();
  await server.start();
}

async function setUp({ admin }: BrokerProcess, shop: Shop, endpoint: string): Promise<void> {
  await admin.call("connectorCreate", { body: { ...shop.body(...TABLES), snapshot: "none" } });
  for (const table of TABLES) {
    const body = { name: `${table}-reader`, topic: shop.topic(table), endpoint };
    await admin.call("subscriptionCreate", { body });
  }
  // From here on: what was committed before the slot was made would be a part of no snapshot.
  await connectorBecomes(admin, { status: "streaming" });
}

/** Bytes of each event's payload, by topic and id. */
async function expectSameHistories(
  { admin }: BrokerProcess,
  shop: Shop,
  changes: Awaited<ReturnType<typeof audited>>,
): Promise<ReadonlyMap<string, number>> {
  const stored = new Map<string, number>();
  for (const table of TABLES) {
    const messages = await messagesOf(admin, shop.topic(table));
    const wrong = differences(committedHistories(table, changes), publishedHistories(table, messages));
    expect({ table, count: wrong.length, first: wrong.slice(0, 3) }).toEqual({ table, count: 0, first: [] });
    for (const { id, payloadBytes } of messages) stored.set(`${table}-reader ${id}`, payloadBytes);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
  }
  return stored;
}

async function expectAllPushed({ pushes }: RecordingConsumer, stored: ReadonlyMap<string, number>): Promise<void> {
  const pushed = () => new Map(pushes.map(({ subscription, id, bodyBytes }) => [`${subscription} ${id}`, bodyBytes]));
  await vi.waitUntil(() => pushed().size >= stored.size, { ...WAIT, interval: 500 });
  const received = pushed();
  expect([...stored].filter(([key, bytes]) => received.get(key) !== bytes)).toEqual([]);
  expect(received.size).toBe(stored.size);
}
