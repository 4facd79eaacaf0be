import { expect, test } from "vitest";
import { temporaryDir } from "../e2e/http.ts";
import { startBrokerProcess } from "../support/broker-process.ts";
import { keptIn, settledIds } from "./rewind-record.ts";
import { isRefused, quiet, repeatedIn, rewound, SUBSCRIPTION, startTraffic } from "./rewind-run.ts";

const HISTORY = 300;
const REWINDS = 5;
/** Publishes and pushes from one rewind to the next. */
const EVENTS_BETWEEN = 600;
const MAX_IN_FLIGHT = 32;

test(`${REWINDS} rewinds under sustained load: each is applied once, and neither publishing nor pushing stops`, {
  timeout: 300_000,
}, async () => {
  const traffic = await startTraffic();
  const dataDir = await temporaryDir();
  const broker = await startBrokerProcess({ dataDir });
  const { admin, url } = broker;
  await admin.call("topicCreate", { body: { name: SUBSCRIPTION.topic } });
  const settings = { ...SUBSCRIPTION, retryDelays: [...SUBSCRIPTION.retryDelays], maxInFlight: MAX_IN_FLIGHT };
  await admin.call("subscriptionCreate", { body: { ...settings, endpoint: traffic.endpoint } });
  const up = async () => undefined;
  await traffic.publish({ url, up, countMax: HISTORY }).done;
  await quiet(admin);
  const payload = new TextEncoder().encode("{}");
  const { publishTime: to } = await admin.publish({ topic: SUBSCRIPTION.topic, attributes: [], payload });

  const publishing = traffic.publish({ url, up });
  const counts: (number | null)[] = [];
  const published: number[] = [traffic.acknowledged.size];
  for (let rewind = 0; rewind < REWINDS; rewind += 1) {
    await traffic.after(EVENTS_BETWEEN);
    const job = await rewound(admin, { to, job: `rewind-${rewind}` });
    counts.push(job.kind === "rewind" && job.state === "done" ? job.messages : null);
    published.push(traffic.acknowledged.size);
  }
  await traffic.after(EVENTS_BETWEEN);
  await publishing.stop();
  const parked = await quiet(admin);
  expect((await broker.end("SIGTERM")).code).toBe(0);

  const kept = await keptIn(dataDir, SUBSCRIPTION.name);
  expect(kept.generation).toBe(REWINDS);
  expect(counts).toEqual(kept.moves.map(({ settled }) => settled));
  expect(published.every((count, index) => index === 0 || count > (published[index - 1] ?? 0))).toBe(true);
  // What a rewind finds settled comes again by it, or by a later one that came before its turn.
  for (let index = 0; index < REWINDS; index += 1) {
    const later = new Set<string | undefined>(kept.moves.slice(index).map(({ job }) => job.id));
    const brought = new Set(traffic.pushes.filter(({ replay }) => later.has(replay)).map(({ id }) => id));
    expect(Array.from(settledIds(kept, index, "above")).filter((id) => !brought.has(id))).toEqual([]);
  }
  const below = settledIds(kept, 0, "below");
  expect(traffic.pushes.filter(({ id }) => below.has(id)).length).toBe(below.size);
  expect(repeatedIn(traffic.pushes)).toBeLessThanOrEqual(REWINDS * MAX_IN_FLIGHT);
  const arrived = new Set(traffic.pushes.map(({ id }) => id));
  expect(Array.from(traffic.acknowledged).filter((id) => !arrived.has(id))).toEqual([]);
  expect(parked).toBe(Array.from(kept.offsets.keys()).filter(isRefused).length);
});
