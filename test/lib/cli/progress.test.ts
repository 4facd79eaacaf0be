import { expect, test } from "vitest";
import { canRedraw, openProgress } from "../../../src/lib/cli/progress.ts";
import { manualClock } from "../../support/manual-clock.ts";

function opened(columns = 60) {
  const clock = manualClock();
  let written = "";
  const stream = { columns, write: (text: string) => (written += text) };
  const progress = openProgress("Publishing", { stream, clock });
  /** What a terminal would show in that line: what stands behind the last clearing. */
  const line = () => written.split("\r\u001b[K").at(-1);
  return { clock, progress, line, written: () => written };
}

test("what is over within a second says nothing", async () => {
  const { clock, progress, written } = opened();

  await clock.advance(999);
  progress.end();
  await clock.advance(10_000);

  expect(written()).toBe("");
});

test("what takes longer says how far it is, and for how long it has been at it", async () => {
  const { clock, progress, line } = opened();

  await clock.advance(1_000);
  expect(line()).toBe("⠋ Publishing (1 s)");
  progress.tell("Publishing: 200 lines");
  await clock.advance(1_100);

  expect(line()).toMatch(/^. Publishing: 200 lines \(2 s\)$/);
  progress.end();
  expect(line()).toBe("");
});

test("it leaves the line to what is printed in between, and comes back", async () => {
  const { clock, progress, line } = opened();
  await clock.advance(1_000);

  progress.hide();
  expect(line()).toBe("");
  await clock.advance(100);

  expect(line()).toContain("Publishing");
  progress.end();
});

test("it never wraps, because a line that wraps cannot be drawn over", async () => {
  const { clock, progress, line } = opened(20);
  progress.tell("a\nb".repeat(40));

  await clock.advance(1_000);

  expect(Array.from(line() ?? "")).toHaveLength(19);
  expect(line()).not.toContain("\n");
  progress.end();
});

test("nothing is drawn where nobody sees it or the terminal cannot", () => {
  expect([
    canRedraw({ isTTY: true }, { TERM: "xterm" }),
    canRedraw({ isTTY: true }, { TERM: "dumb" }),
    canRedraw({}, { TERM: "xterm" }),
  ]).toEqual([true, false, false]);
});
