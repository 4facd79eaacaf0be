import { expect, test } from "vitest";
import { watch } from "../../../src/lib/cli/watch.ts";
import { asLines, intervalOf } from "../../../src/lib/cli/watch-shown.ts";
import { KBrokerError } from "../../../src/lib/domain/error.ts";
import { lag } from "../../commands/fixtures.ts";
import { manualClock } from "../../support/manual-clock.ts";

const unreachable = new KBrokerError("broker_unreachable", "No broker answers.");

function watching(answers: readonly (number | KBrokerError)[]) {
  const clock = manualClock();
  const ended = new AbortController();
  const told: string[] = [];
  let looks = 0;
  const done = watch({
    read: async () => {
      const answer = answers[looks] ?? answers.at(-1) ?? 0;
      looks += 1;
      if (answer instanceof KBrokerError) throw answer;
      return answer;
    },
    show: (value) => told.push(`show ${value}`),
    lost: ({ code }, last) => told.push(`lost ${code} after ${last}`),
    intervalMs: 2_000,
    clock,
    signal: ended.signal,
  });
  return { done, clock, ended, told };
}

test("looks again after each interval, and ends at once when it is asked to", async () => {
  const { done, clock, ended, told } = watching([1, 2, 3]);

  await clock.advance(4_000);
  ended.abort();
  await done;

  expect(told).toEqual(["show 1", "show 2", "show 3"]);
});

test("a broker that goes away in between is said and waited for", async () => {
  const { done, clock, ended, told } = watching([1, unreachable, unreachable, 4]);

  await clock.advance(6_000);
  ended.abort();
  await done;

  expect(told).toEqual(["show 1", "lost broker_unreachable after 1", "lost broker_unreachable after 1", "show 4"]);
});

test("a broker that is not there at the start is an error, and so is what trying again does not mend", async () => {
  await expect(watching([unreachable]).done).rejects.toBe(unreachable);
  const gone = new KBrokerError("subscription_not_found", "No subscription.");
  const { done, clock } = watching([1, gone]);
  const rejected = expect(done).rejects.toBe(gone);

  await clock.advance(2_000);

  await rejected;
});

test("as lines it says once that the broker went away, and not in the stream", () => {
  const [out, err]: [string[], string[]] = [[], []];
  const stream = (lines: string[]) =>
    Object.assign(Object.create(process.stdout), { write: (text: string) => lines.push(text) });
  const shown = asLines(stream(out), stream(err));

  shown.show(lag());
  shown.lost(unreachable, lag());
  shown.lost(unreachable, lag());
  shown.show(lag({ lag: 0 }));

  expect(out.map((line) => JSON.parse(line).lag)).toEqual([1_204, 0]);
  expect(err).toEqual(["No broker answers. Trying again until it answers.\n", "The broker answers again.\n"]);
});

test("the interval has bounds", () => {
  expect([intervalOf("200ms"), intervalOf("1h")]).toEqual([200, 3_600_000]);
  for (const text of ["100ms", "2h", "0s"]) expect(() => intervalOf(text)).toThrow(/between 200ms and 1h/);
  expect(() => intervalOf("2")).toThrow(/not a duration/);
});
