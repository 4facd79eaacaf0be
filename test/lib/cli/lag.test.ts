import { expect, test } from "vitest";
import type { LagReply } from "../../../src/lib/api/lag.ts";
import { PLAIN } from "../../../src/lib/cli/colour.ts";
import { lagFailures } from "../../../src/lib/cli/lag-check.ts";
import { lagVerdict } from "../../../src/lib/cli/lag-verdict.ts";
import { renderLag } from "../../../src/lib/cli/render-lag.ts";
import { lag } from "../../commands/fixtures.ts";

const rates = (publishPerS: number, ackPerS: number) => ({ publishPerS, ackPerS, windowS: 60 as const });
const nothing = { lag: 0, parked: 0, inFlight: 0, nextAttempt: null, oldestUndelivered: null, drainMs: null };

const verdicts: [what: string, changes: Partial<LagReply>, sentence: string][] = [
  ["falls", {}, "Falling by 120/s: drained in about 10s."],
  ["falls, but nobody knows for how long", { drainMs: null }, "Falling by 120/s."],
  ["falls slowly", { rates: rates(1, 1.4), drainMs: 7_200_000 }, "Falling by 0.4/s: drained in about 2h."],
  ["grows", { rates: rates(13, 10), drainMs: null }, "Growing by 3/s."],
  ["stays", { rates: rates(10, 10.01), drainMs: null }, "Steady: as much arrives as is acknowledged."],
  ["stands still", { rates: rates(0, 0), drainMs: null }, "Not moving: nothing was acknowledged in the last 60 s."],
  ["is done", { ...nothing, rates: rates(0, 0) }, "Up to date."],
  [
    "is paused while its topic is published to",
    { state: "paused", rates: rates(7, 0) },
    "Paused: 1,204 messages waiting; 7/s published.",
  ],
  ["is paused and waits", { state: "paused", rates: rates(0, 0) }, "Paused: 1,204 messages waiting."],
  ["is paused with one message", { state: "paused", lag: 1, rates: rates(0, 0) }, "Paused: 1 message waiting."],
  ["is paused and empty", { ...nothing, state: "paused", rates: rates(1, 0) }, "Paused: nothing waits."],
  [
    "was paused by its endpoint, and why",
    {
      state: "paused",
      health: "degraded",
      healthReason: "gone; once it is back: kbroker subscription resume b",
      rates: rates(0, 0),
    },
    "Paused: 1,204 messages waiting. Degraded: gone; once it is back: kbroker subscription resume b",
  ],
  [
    "was paused by its endpoint, and nothing waits",
    { ...nothing, state: "paused", health: "degraded", healthReason: "connection refused" },
    "Paused: nothing waits. Degraded: connection refused.",
  ],
  [
    "cannot reach its endpoint",
    { health: "degraded", healthReason: "connection refused", rates: rates(3, 0) },
    "Growing by 3/s. Degraded: connection refused.",
  ],
  [
    "cannot write its dead letters, though its endpoint is there",
    { health: "degraded", healthReason: "the dead letter topic b_errors cannot be written", rates: rates(0, 0) },
    "Degraded: the dead letter topic b_errors cannot be written.",
  ],
  ["waits for one retry", { lag: 1, parked: 1 }, "The last one has failed before and is tried again in 4s."],
  ["waits for retries", { lag: 3, parked: 3 }, "All 3 have failed before; the first is tried again in 4s."],
  [
    "has a retry due",
    { lag: 1, parked: 1, nextAttempt: lag().asOf },
    "The last one has failed before and is tried again now.",
  ],
  ["has no rates yet", { rates: null, drainMs: null }, "Whether it gets better is not known yet."],
  ["has no owner", { lag: null }, "No owner has reported, so nobody knows whether it gets better."],
];

test.each(verdicts)("the verdict of a subscription that %s", (_what, changes, sentence) => {
  expect(lagVerdict(lag(changes)).text).toBe(sentence);
});

test("one screen has every number", () => {
  expect(renderLag(lag(), PLAIN)).toMatchSnapshot();
});

test("what nobody reports is unknown on the screen, and no 0 stands for it", () => {
  const unknown = {
    lag: null,
    inFlight: null,
    parked: null,
    nextAttempt: null,
    expired: null,
    damaged: null,
    deadLetters: null,
    scheduled: null,
    oldestUndelivered: null,
    rates: null,
    drainMs: null,
    owner: null,
    shards: [],
  };

  const screen = renderLag(lag(unknown), PLAIN);

  expect(screen.match(/unknown/gi)).toHaveLength(12);
  expect(screen.replace(/as of.*/, "")).not.toMatch(/\d/);
});

test("parked messages of a paused subscription have no next attempt", () => {
  expect(renderLag(lag({ state: "paused" }), PLAIN)).toContain("3, held while paused");
});

test.each([
  ["a lag at its limit holds", {}, { lagMax: 1_204 }, []],
  ["a lag over its limit does not", {}, { lagMax: 1_203 }, ["the lag is 1,204, allowed is 1,203"]],
  ["an unknown lag does not", { lag: null }, { lagMax: 5_000 }, ["the lag is unknown, allowed is 5,000"]],
  ["an age at its limit holds", {}, { ageMsMax: 125_000 }, []],
  [
    "an age over its limit does not",
    {},
    { ageMsMax: 60_000 },
    ["the oldest undelivered message is 2m 5s old, allowed is 1m"],
  ],
  ["nothing undelivered is not old", nothing, { ageMsMax: 0 }, []],
  [
    "an unknown age does not hold",
    { oldestUndelivered: null },
    { ageMsMax: 1_000 },
    ["the oldest undelivered message is of unknown age, allowed is 1s"],
  ],
] as const)("%s", (_what, changes, limits, failures) => {
  expect(lagFailures(lag(changes), limits)).toEqual(failures);
});
