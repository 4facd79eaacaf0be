import fc from "fast-check";
import { expect, test } from "vitest";
import type { JobReply } from "../../src/lib/api/job.ts";
import { LIMITS } from "../../src/lib/broker/delivery/limits.ts";
import { temporaryDir } from "../e2e/http.ts";
import { type BrokerProcess, freePort, startBrokerProcess } from "../support/broker-process.ts";
import type { Push } from "../support/recording-consumer.ts";
import { type Kept, keptIn, settledIds } from "./rewind-record.ts";
import { isRefused, quiet, repeatedIn, rewound, SUBSCRIPTION, startTraffic, type Traffic } from "./rewind-run.ts";

/** Set it to the printed seed to have the same moments again. */
const SEED = Number(process.env.KBROKER_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const KILLS = 20;
const HISTORY = 300;
/** So many events pass before each order, so that deliveries go on when it comes. */
const EVENTS_BEFORE = 60;
/** From an order to the kill: half of them while it is made, half while replays are pushed. */
const NEAR_EVENTS_MAX = 100;
const FAR_EVENTS_MAX = 500;
const MAX_IN_FLIGHT = 32;
/** What a crash may bring again. */
const BOUND = LIMITS.commitCount + MAX_IN_FLIGHT;

test(`a rewind killed at ${KILLS} random moments is applied exactly once, while deliveries go on`, {
  timeout: 600_000,
}, async () => {
  const traffic = await startTraffic();
  const run = await openRun(traffic, { dataDir: await temporaryDir(), port: await freePort() });
  const [jobs, lives]: [JobReply[], number[]] = [[], []];
  const near = fc.sample(fc.noBias(fc.integer({ min: 0, max: NEAR_EVENTS_MAX })), { seed: SEED, numRuns: KILLS });
  const far = fc.sample(fc.noBias(fc.integer({ min: 0, max: FAR_EVENTS_MAX })), { seed: SEED, numRuns: KILLS });

  for (let kill = 0; kill < KILLS; kill += 1) {
    const moment = (kill % 2 === 0 ? near : far)[kill] ?? 0;
    jobs.push(await run.killed(`rewind-${kill}`, moment));
    lives.push(run.startedAt());
  }
  const undone = await run.undone();
  const parked = await quiet(run.broker().admin);
  const { code } = await run.broker().end("SIGTERM");

  const kept = await keptIn(run.place.dataDir, SUBSCRIPTION.name);
  const parts = livesOf(traffic.pushes, lives);
  const replays = traffic.pushes.filter(({ replay }) => replay !== undefined);
  const repeats = parts.map((part, index) => againIn(parts[index - 1] ?? [], part));
  console.info(
    `rewind, kill -9 ${KILLS} times (KBROKER_TEST_SEED=${SEED}): ${kept.offsets.size} messages, ${traffic.pushes.length} deliveries, ` +
      `${replays.length} of them replays, ${repeats.reduce((a, b) => a + b, 0)} repeats, at most ${Math.max(...repeats)} after a kill; ` +
      `what the kill left of the orders: ${run.outcomes().join(", ")}.`,
  );
  // Each order took one generation, whatever became of its broker, and the count is what the saved position says.
  expect(kept.moves.map(({ job }) => job.generation)).toEqual(Array.from({ length: KILLS + 2 }, (_, at) => at + 1));
  expect(kept.generation).toBe(KILLS + 2);
  const counts = kept.moves
    .slice(0, KILLS)
    .map(({ job: { id }, settled }) => ({ id, state: "done", messages: settled }));
  expect(jobs).toMatchObject(counts);
  for (let index = 0; index < KILLS; index += 1) checkMove(kept, traffic.pushes, index);
  // In one life nothing comes twice, but for what was in flight when the position moved: once by an order that the kill before had
  // left nothing of and that was given again, and once by the order that the next kill is for.
  for (const part of parts) {
    expect(repeatedIn(part.filter(({ replay }) => replay !== undefined))).toBe(0);
    expect(repeatedIn(part)).toBeLessThanOrEqual(2 * MAX_IN_FLIGHT);
  }
  expect(Math.max(...repeats)).toBeLessThanOrEqual(BOUND);
  checkNothingLost(traffic);
  expect(undone).toMatchObject({ state: "done", kind: "undo" });
  expect(parked).toBe(Array.from(kept.offsets.keys()).filter(isRefused).length);
  expect(code).toBe(0);
});

/** What it found settled from the target on was pushed again by it, and nothing that it found settled below, however often it was made. */
function checkMove(kept: Kept, pushes: readonly Push[], index: number): void {
  const { job } = kept.moves[index] ?? {};
  const isFirst =
    (at: number) =>
    ({ replay }: Push) =>
      replay === kept.moves[at]?.job.id;
  const from = pushes.findIndex(isFirst(index));
  const to = pushes.findIndex(isFirst(index + 1));
  const brought = new Set(pushes.filter(({ replay }) => replay === job?.id).map(({ id }) => id));
  const missing = Array.from(settledIds(kept, index, "above")).filter((id) => !brought.has(id));
  const below = settledIds(kept, index, "below");
  const wrong = pushes.slice(from, to < 0 ? undefined : to).filter(({ id }) => below.has(id));
  expect({ job: job?.id, missing, wrong }).toEqual({ job: job?.id, missing: [], wrong: [] });
}

function checkNothingLost({ acknowledged, pushes }: Traffic): void {
  const arrived = new Set(pushes.filter(({ id, status }) => status === 200 || isRefused(id)).map(({ id }) => id));
  expect(Array.from(acknowledged).filter((id) => !arrived.has(id))).toEqual([]);
}

/** Parted where a broker was started. */
function livesOf(pushes: readonly Push[], starts: readonly number[]): readonly (readonly Push[])[] {
  return [0, ...starts].map((start, index) => pushes.slice(start, starts[index]));
}

/** What came before a kill and for the same reason after it. */
function againIn(before: readonly Push[], after: readonly Push[]): number {
  const known = new Set(before.map(({ id, replay }) => `${id} ${replay}`));
  return after.filter(({ id, replay }) => known.has(`${id} ${replay}`)).length;
}

interface Run {
  readonly place: { readonly dataDir: string; readonly port: number };
  broker(): BrokerProcess;
  /** How many pushes there were when the broker was started last. */
  startedAt(): number;
  /** What the kill left of each order. */
  outcomes(): readonly string[];
  /** Orders it, kills the broker so many events later, orders it again from the next, and waits until all is delivered. */
  killed(job: string, events: number): Promise<JobReply>;
  /** One more rewind, taken back before its replays are pushed. */
  undone(): Promise<JobReply>;
}

/** What the next broker knows of an order that nobody had an answer to. */
async function foundAs({ admin }: BrokerProcess, name: string): Promise<"ordered" | "nothing"> {
  const { items } = await admin.call("jobList", { query: {} });
  return items.some(({ id }) => id === name) ? "ordered" : "nothing";
}

async function openRun(traffic: Traffic, place: Run["place"]): Promise<Run> {
  const { name } = SUBSCRIPTION;
  const marks: string[] = [];
  const outcomes: string[] = [];
  let broker = await startBrokerProcess(place);
  let startedAt = 0;
  const mark = async () => {
    const payload = new TextEncoder().encode("{}");
    const { publishTime } = await broker.admin.publish({ topic: SUBSCRIPTION.topic, attributes: [], payload });
    marks.push(publishTime);
  };
  /** Two rounds back at most. */
  const target = () => marks.at(-2 - (marks.length % 2)) ?? "";
  await broker.admin.call("topicCreate", { body: { name: SUBSCRIPTION.topic } });
  const settings = { ...SUBSCRIPTION, retryDelays: [...SUBSCRIPTION.retryDelays] };
  await broker.admin.call("subscriptionCreate", {
    body: { ...settings, endpoint: traffic.endpoint, maxInFlight: MAX_IN_FLIGHT },
  });
  for (let batch = 0; batch < 3; batch += 1) {
    await traffic.publish({ url: broker.url, up: async () => undefined, countMax: HISTORY / 3 }).done;
    await mark();
  }

  return {
    place,
    broker: () => broker,
    startedAt: () => startedAt,
    outcomes: () => outcomes,
    async killed(job, events) {
      const again = { to: target(), job };
      let up: Promise<BrokerProcess> = Promise.resolve(broker);
      const publishing = traffic.publish({ url: broker.url, up: () => up.then(() => undefined) });
      await traffic.after(EVENTS_BEFORE);
      const moment = traffic.after(events);
      const ordering = broker.admin.call("subscriptionRewind", { name, body: again }).then(
        () => true,
        () => false,
      );
      await moment;
      const dead = broker.end("SIGKILL");
      up = dead.then(() => startBrokerProcess(place));
      const isAnswered = (await Promise.all([ordering, dead]))[0];
      startedAt = traffic.pushes.length;
      broker = await up;
      outcomes.push(isAnswered ? "answered" : await foundAs(broker, job));
      const first = await rewound(broker.admin, again);
      await publishing.stop();
      await quiet(broker.admin);
      await mark();
      const reply = await rewound(broker.admin, again);
      expect(reply).toMatchObject({ messages: first.kind === "redrive" ? null : first.messages });
      return reply;
    },
    async undone() {
      // What a clean stop has committed does not come again: no start makes a move that was made.
      await broker.end("SIGTERM");
      const before = traffic.pushes.length;
      broker = await startBrokerProcess(place);
      await quiet(broker.admin);
      expect(traffic.pushes.slice(before)).toEqual([]);
      await rewound(broker.admin, { to: target(), job: "rewind-last", rate: 1 });
      await broker.admin.call("subscriptionUndo", { name, body: { of: "rewind", job: "undo" } });
      return await broker.admin.call("jobDescribe", { name: "undo" });
    },
  };
}
