import { expect, vi } from "vitest";
import type { JobReply } from "../../src/lib/api/job.ts";
import type { AdminClient } from "../../src/lib/client/admin.ts";
import { deferred } from "../support/promises.ts";
import { type Push, type RecordingConsumer, startConsumer } from "../support/recording-consumer.ts";
import { type PublisherOptions, publishAll } from "./publishers.ts";

const PUBLISHERS = 8;
/** The consumer takes so long, so that some messages are in flight at every moment. */
const ANSWER_MS = 3;
/** Of so many messages one is refused, and waits parked for longer than any test. */
const REFUSED_EACH = 25;
const WAIT = { timeout: 120_000, interval: 50 };
export const SUBSCRIPTION = { name: "billing", topic: "orders", retryDelays: ["6h"] } as const;

/** Messages and their consumer, while a broker comes and goes. */
export interface Traffic {
  readonly endpoint: string;
  readonly pushes: RecordingConsumer["pushes"];
  /** Ids whose publish was answered. */
  readonly acknowledged: ReadonlySet<string>;
  /** Resolves when so many publishes were answered and pushes received from now on. */
  after(count: number): Promise<void>;
  /** Publishes without a pause until it is stopped, at most `countMax`. */
  publish(options: Pick<PublisherOptions, "url" | "up"> & { readonly countMax?: number }): Publishing;
}

export interface Publishing {
  /** Resolves once the last is answered. */
  stop(): Promise<void>;
  readonly done: Promise<void>;
}

export function isRefused(id: string): boolean {
  return Number(id.replace("order-", "")) % REFUSED_EACH === 0;
}

export async function startTraffic(): Promise<Traffic> {
  const acknowledged = new Set<string>();
  let [events, published, wanted] = [0, 0, Number.POSITIVE_INFINITY];
  let reached = deferred();
  const happened = () => {
    events += 1;
    if (events >= wanted) reached.resolve();
  };
  const consumer = await startConsumer(async ({ id }: Push) => {
    happened();
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    return isRefused(id) ? 500 : 200;
  });
  return {
    endpoint: consumer.url,
    pushes: consumer.pushes,
    acknowledged,
    after(count) {
      [wanted, reached] = [events + count, deferred()];
      if (count === 0) reached.resolve();
      return reached.promise;
    },
    publish({ countMax = Number.POSITIVE_INFINITY, ...options }) {
      let left = countMax;
      const done = publishAll({
        ...{ ...options, topic: SUBSCRIPTION.topic, countMax: PUBLISHERS },
        next: () => (left-- > 0 ? { id: `order-${++published}`, payload: "{}" } : undefined),
        acknowledged: (id) => {
          acknowledged.add(id);
          happened();
        },
      });
      const stop = () => {
        left = 0;
        return done;
      };
      return { stop, done };
    },
  };
}

/** Waits until only what was refused is left, and says how many that are. */
export async function quiet(admin: AdminClient): Promise<number> {
  return await vi.waitFor(async () => {
    const { lag, parked, inFlight } = await admin.call("subscriptionLag", { name: SUBSCRIPTION.name });
    expect(inFlight).toBe(0);
    expect(lag).toBe(parked);
    return parked ?? 0;
  }, WAIT);
}

/** Ordering it may be refused for as long as nothing that lies behind it is settled again after a crash. */
export async function rewound(admin: AdminClient, body: { to: string; job: string; rate?: number }): Promise<JobReply> {
  await vi.waitFor(() => admin.call("subscriptionRewind", { name: SUBSCRIPTION.name, body }), WAIT);
  return await vi.waitFor(async () => {
    const job = await admin.call("jobDescribe", { name: body.job });
    expect(job.state).not.toBe("running");
    return job;
  }, WAIT);
}

/** Of messages, how many were pushed more than once for the same reason in one life of a broker. */
export function repeatedIn(pushes: readonly Push[]): number {
  return pushes.length - new Set(pushes.map(({ id, replay }) => `${id} ${replay}`)).size;
}
