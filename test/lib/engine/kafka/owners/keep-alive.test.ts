import { afterEach, expect, test } from "vitest";
import { keepAlive } from "../../../../../src/lib/engine/kafka/owners/keep-alive.ts";
import { manualClock } from "../../../../support/manual-clock.ts";

const MINUTE_MS = 60_000;
const ended = new AbortController();

afterEach(() => ended.abort());

test("owners that say nothing for minutes are confirmed, not all at once, well within their session", async () => {
  const clock = manualClock();
  const asked: number[] = [];
  const holds = Array.from({ length: 50 }, (_, epoch) => ({
    ownership: { resource: `r-${epoch}`, epoch: epoch + 1 },
    confirmedMs: 0,
    async confirm() {
      this.confirmedMs = clock.monotonic();
      asked.push(clock.monotonic());
    },
  }));
  const busy = { ownership: { resource: "busy", epoch: 99 }, confirmedMs: 0, confirm: async () => void asked.push(-1) };
  void keepAlive({ clock, holds: () => [...holds, busy], signal: ended.signal, report: () => {} });

  for (let minute = 1; minute <= 12; minute += 1) {
    await clock.advance(MINUTE_MS);
    busy.confirmedMs = clock.monotonic();
  }

  expect(asked).not.toContain(-1);
  expect(Math.min(...asked)).toBeGreaterThan(2 * MINUTE_MS);
  for (const { confirmedMs } of holds) expect(confirmedMs).toBeGreaterThan(6 * MINUTE_MS);
  expect(new Set(asked.slice(0, 50)).size).toBeGreaterThan(5);
});
