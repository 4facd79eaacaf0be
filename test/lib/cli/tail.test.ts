import { expect, test } from "vitest";
import type { MessagesReply, TopicMessage } from "../../../src/lib/api/topic-message.ts";
import { type TailOptions, type TailQuery, tail } from "../../../src/lib/cli/tail.ts";
import { KBrokerError } from "../../../src/lib/domain/error.ts";
import { manualClock, settle } from "../../support/manual-clock.ts";

const message = (offset: number): TopicMessage => ({
  ...{ id: `m-${offset}`, position: `0:${offset}`, publishTime: "2026-01-31T08:00:00.000Z" },
  ...{ key: null, attributes: {}, payloadBytes: 1, payload: "1" },
});

type Answer = Partial<MessagesReply> | KBrokerError | "wait";

/** Answers in turn; `wait` never comes. */
function tailing(answers: readonly Answer[], options: Partial<TailOptions> = {}) {
  const clock = manualClock();
  const ended = new AbortController();
  const queries: TailQuery[] = [];
  const told: string[] = [];
  const result = tail(
    { begin: { last: 10 }, filter: undefined, limit: undefined, follow: false, ...options },
    {
      read: async (query) => {
        const answer = answers[queries.push(query) - 1] ?? "wait";
        if (answer === "wait") return new Promise(() => undefined);
        if (answer instanceof KBrokerError) throw answer;
        return { items: [], damaged: [], next: "0:0", atEnd: true, ...answer };
      },
      show: ({ id }) => told.push(id),
      damaged: ({ from, to }) => told.push(`damaged ${from}-${to}`),
      lost: ({ code }) => told.push(`lost ${code}`),
      back: () => told.push("back"),
      clock,
      signal: ended.signal,
    },
  );
  return { result, queries, told, clock, ended };
}

const unreachable = new KBrokerError("broker_unreachable", "No broker.");

test("reads page after page up to the end, and says what is damaged where it stands", async () => {
  const { result, told, queries } = tailing([
    { items: [message(0)], next: "0:1", atEnd: false },
    { items: [message(2)], damaged: [{ shard: 0, from: 1, to: 2 }], next: "0:3" },
  ]);

  expect(await result).toBe(2);
  expect(told).toEqual(["m-0", "damaged 1-2", "m-2"]);
  expect(queries).toEqual([
    { last: 10, limit: 500, waitMs: 0 },
    { from: "0:1", limit: 500, waitMs: 0 },
  ]);
});

test("stops after --limit messages, and asks for no more than that", async () => {
  const { result, queries } = tailing(
    [
      { items: [message(0), message(1)], next: "0:2", atEnd: false },
      { items: [message(2)], next: "0:3", atEnd: false },
    ],
    { limit: 3, begin: { from: "beginning" }, filter: "key=a" },
  );

  expect(await result).toBe(3);
  expect(queries).toEqual([
    { from: "beginning", filter: "key=a", limit: 3, waitMs: 0 },
    { from: "0:2", filter: "key=a", limit: 1, waitMs: 0 },
  ]);
});

test("--follow waits at the end, goes on from there, and ends at once when it is asked to", async () => {
  const { result, queries, told, ended } = tailing([{ next: "0:5" }, { items: [message(5)], next: "0:6" }, "wait"], {
    follow: true,
  });
  await settle();
  expect(told).toEqual(["m-5"]);

  ended.abort();

  expect(await result).toBe(1);
  expect(queries.slice(1)).toEqual([
    { from: "0:5", limit: 500, waitMs: 15_000 },
    { from: "0:6", limit: 500, waitMs: 15_000 },
  ]);
});

test("--follow outlives a broker that goes away: it is said once, and nothing is shown twice or left out", async () => {
  const { result, queries, told, clock, ended } = tailing(
    [
      { items: [message(0)], next: "0:1" },
      unreachable,
      new KBrokerError("broker_starting", "It starts."),
      { items: [message(1)], next: "0:2" },
      "wait",
    ],
    { follow: true },
  );
  await clock.advance(2_000);
  ended.abort();
  await result;

  expect(told).toEqual(["m-0", "lost broker_unreachable", "back", "m-1"]);
  expect(queries.slice(1, 4).map(({ from }) => from)).toEqual(["0:1", "0:1", "0:1"]);
});

test("a broker that is not there at the start is an error, with --follow too", async () => {
  await expect(tailing([unreachable], { follow: true }).result).rejects.toBe(unreachable);
});

test("what trying again does not mend ends --follow", async () => {
  const gone = new KBrokerError("topic_not_found", "No topic.");

  await expect(tailing([{}, gone], { follow: true }).result).rejects.toBe(gone);
});

test("without --follow a broker that goes away is an error", async () => {
  await expect(tailing([{ atEnd: false }, unreachable]).result).rejects.toBe(unreachable);
});
