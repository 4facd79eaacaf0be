import { expect, test } from "vitest";
import { systemClock } from "../../src/lib/system-clock.ts";

test("a wait ends when its signal aborts, also when it was aborted before, and leaves no listener", async () => {
  const stop = new AbortController();

  const wait = systemClock.after(3_600_000, stop.signal);
  stop.abort();
  await wait;

  await systemClock.after(3_600_000, stop.signal);
});

test("a wait longer than Node's timers hold does not end at once", async () => {
  const stop = new AbortController();
  let over = false;
  const wait = systemClock.after(2 ** 31 * 2, stop.signal).then(() => {
    over = true;
  });

  await systemClock.after(20);

  expect(over).toBe(false);
  stop.abort();
  await wait;
});

test("monotonic time does not go back", async () => {
  const before = systemClock.monotonic();

  await systemClock.after(1);

  expect(systemClock.monotonic()).toBeGreaterThan(before);
});
