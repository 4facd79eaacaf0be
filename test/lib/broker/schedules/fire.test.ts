import { expect, it } from "vitest";
import { fire } from "../../../../src/lib/broker/schedules/fire.ts";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";
import { memoryEngine } from "../../../../src/lib/engine/memory/engine.ts";
import { AppendFailure, type Log, type ScheduledMessage } from "../../../../src/lib/engine/port.ts";
import { ALL, message, SHARD, TOPIC } from "../../../conformance/fixtures.ts";
import { notes } from "../../../support/broker.ts";
import { manualClock } from "../../../support/manual-clock.ts";

const due = (id: string): ScheduledMessage => ({
  topicId: TOPIC,
  topic: "orders",
  message: message(id),
  dueMs: 0,
  scheduledAtMs: 0,
});

it("a message that the engine refuses holds up none of those that it took, and is tried again alone", async () => {
  const engine = memoryEngine({ clock: manualClock() });
  await engine.log.createTopic(TOPIC);
  const append: Log["append"] = async (topicId, records, options) => {
    const refusal = new KBrokerError("payload_too_large", "Too large.");
    const appended = await engine.log.append(
      topicId,
      records.filter(({ id }) => id !== "large"),
      options,
    );
    const places = appended.values();
    const outcomes = records.map(({ id }) => (id === "large" ? refusal : (places.next().value ?? refusal)));
    throw new AppendFailure(refusal, outcomes);
  };
  const told: unknown[] = [];
  const failed = (_error: unknown, { count }: { readonly count: number }) => void told.push(count);
  const deps = { engine: { ...engine, log: { ...engine.log, append } }, observer: notes(), failed };

  const done = await fire(deps, [due("a"), due("large"), due("b")]);

  expect(done.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(told).toEqual([1]);
  expect(deps.observer.lines.filter((line) => line.startsWith("fired"))).toHaveLength(2);
  expect((await engine.log.read(SHARD, 0, ALL)).records.map(({ id }) => id)).toEqual(["a", "b"]);
});
