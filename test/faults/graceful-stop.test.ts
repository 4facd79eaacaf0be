import { expect, test, vi } from "vitest";
import { temporaryDir } from "../e2e/http.ts";
import { type BrokerProcess, freePort, startBrokerProcess } from "../support/broker-process.ts";
import { deferred } from "../support/promises.ts";
import { startConsumer } from "../support/recording-consumer.ts";

/** The window as it opens. */
const IN_FLIGHT = 4;
/** What the platform gives a workload. */
const STOP_MS_MAX = 25_000;
const WAIT = { timeout: 30_000 };

async function publish({ admin }: BrokerProcess, id: string): Promise<void> {
  await admin.publish({ topic: "orders", id, attributes: [], payload: new TextEncoder().encode("{}") });
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "after %s what is in flight ends, the broker exits 0 in time, and nothing is pushed again",
  { timeout: 120_000 },
  async (signal) => {
    const dataDir = await temporaryDir();
    const answered = deferred();
    const { url: endpoint, pushes } = await startConsumer(async () => {
      await answered.promise;
      return 200;
    });
    const place = { dataDir, port: await freePort() };
    const first = await startBrokerProcess(place);
    await first.admin.call("topicCreate", { body: { name: "orders" } });
    await first.admin.call("subscriptionCreate", { body: { name: "billing", topic: "orders", endpoint } });
    for (let index = 0; index < IN_FLIGHT; index += 1) await publish(first, `before-${index}`);
    await vi.waitFor(() => expect(pushes).toHaveLength(IN_FLIGHT), WAIT);

    const startedMs = performance.now();
    const ending = first.end(signal);
    await vi.waitFor(() => expect(publish(first, "too-late")).rejects.toThrow(), WAIT);
    answered.resolve();
    const { code } = await ending;
    const tookMs = performance.now() - startedMs;

    expect(code, first.log()).toBe(0);
    expect(tookMs).toBeLessThan(STOP_MS_MAX);
    const second = await startBrokerProcess(place);
    await publish(second, "after");
    await vi.waitFor(() => expect(pushes.map(({ id }) => id)).toContain("after"), WAIT);
    expect(pushes.filter(({ id }) => id.startsWith("before-"))).toHaveLength(IN_FLIGHT);
    await second.end("SIGTERM");
  },
);
