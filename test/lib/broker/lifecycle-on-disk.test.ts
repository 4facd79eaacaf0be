import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Engine } from "../../../src/lib/engine/port.ts";
import { bytes } from "../../support/broker.ts";
import { answered } from "../../support/consumer.ts";
import { failingAt } from "../../support/failing-engine.ts";
import { type Life, openLife } from "../../support/lifecycle.ts";
import { type ManualClock, manualClock } from "../../support/manual-clock.ts";
import { openIn, quickFolder } from "../engine/embedded/fixtures.ts";

const HOUR_MS = 3_600_000;
const WAIT_MS_MAX = 30_000;
const CASCADE = { cascade: true, purgeErrors: false, dryRun: false };

async function temporaryDir(): Promise<string> {
  const { dir, remove } = await quickFolder();
  onTestFinished(remove);
  return dir;
}

/** A broker on the embedded engine with small segments, closed at the end. */
async function onDisk(dir: string, clock: ManualClock, over?: (engine: Engine) => Engine) {
  const { engine, told } = await openIn(dir, { clock, segmentBytesMax: 2_000, tailBytesMax: 0 });
  const life = await openLife({ clock, engine, ...(over !== undefined && { over }) });
  const close = async () => {
    await life.broker.stop(0);
    await engine.close();
  };
  onTestFinished(close);
  const segments = async () => (await readdir(join(dir, "journal"))).length;
  return { ...life, told, close, segments };
}

async function fill({ broker }: Pick<Life, "broker">, topic: string, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1)
    await broker.publish({ topic, attributes: [], payload: bytes(`"${"x".repeat(300)}"`) });
  await broker.idle();
}

/** Lets time pass until it holds: what is done then goes through a real disk. */
async function passUntil(
  { clock, broker }: Pick<Life, "clock" | "broker">,
  holds: () => Promise<boolean>,
): Promise<void> {
  await vi.waitUntil(
    async () => {
      await clock.advance(60_000);
      await broker.idle();
      return holds();
    },
    { timeout: WAIT_MS_MAX },
  );
}

test("a shorter time to live by topic update gives the disk back: the segments are unlinked", async () => {
  const life = await onDisk(await temporaryDir(), manualClock());
  await life.broker.createTopic({ name: "orders", visibility: "private" });
  await fill(life, "orders", 40);
  await life.clock.advance(2 * HOUR_MS);
  await fill(life, "orders", 2);
  const before = await life.segments();

  await life.broker.updateTopic("orders", { ttlMs: HOUR_MS, dryRun: false });
  await passUntil(life, async () => (await life.segments()) < before / 2);

  expect(before).toBeGreaterThan(10);
  expect(await life.broker.describeTopic("orders")).toMatchObject({ messages: 2 });
});

test("deleting a topic gives the disk back: the segments are unlinked, and the other topics are as they were", async () => {
  const life = await onDisk(await temporaryDir(), manualClock());
  await life.broker.createTopic({ name: "orders", visibility: "private" });
  await life.broker.createTopic({ name: "payments", visibility: "private" });
  await fill(life, "payments", 1);
  await fill(life, "orders", 40);
  await life.subscribe("billing");
  const before = await life.segments();

  await life.broker.deleteTopic("orders", CASCADE);
  await passUntil(life, async () => (await life.segments()) < before / 2);

  expect(before).toBeGreaterThan(10);
  expect(await life.broker.describeTopic("payments")).toMatchObject({ messages: 1 });
});

test("a directory that was left in the middle of a deletion opens without a loss, and the rest is removed", async () => {
  for (let at = 2; at <= 9; at += 1) {
    const dir = await temporaryDir();
    const clock = manualClock();
    const first = await onDisk(dir, clock);
    await first.broker.createTopic({ name: "orders", visibility: "public", schema: "true" });
    await first.subscribe("billing", { retryDelaysMs: [24 * HOUR_MS] });
    first.consumer.script(() => answered(500));
    await fill(first, "orders", 5);
    // So that no segment of the topic is one that is still written to.
    await first.broker.createTopic({ name: "payments", visibility: "private" });
    await fill(first, "payments", 10);
    await first.close();
    const dying = await onDisk(dir, clock, (engine) => failingAt(engine, at, "for good"));
    await dying.broker.deleteTopic("orders", CASCADE);
    await dying.close();

    const next = await onDisk(dir, clock);

    expect({ at, told: next.told }).toEqual({ at, told: [] });
    expect((await next.broker.listTopics()).map(({ topic }) => topic.name)).toEqual(["billing_errors", "payments"]);
    expect(await next.engine.catalog.list("subscription")).toEqual([]);
    await next.close();
  }
});
