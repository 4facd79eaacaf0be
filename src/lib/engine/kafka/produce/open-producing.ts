import { Bag } from "../../../domain/bag.ts";
import { KBrokerError } from "../../../domain/error.ts";
import {
  allOf,
  type NewRecord,
  type Outcome,
  PRODUCE_DEADLINE_MS,
  type ProducePlace,
  type Producing,
} from "../producing.ts";
import { notInTime } from "../wire/deadlines.ts";
import { KafkaFailure, kafkaFailure } from "../wire/failure.ts";
import type { Wire } from "../wire/wire.ts";
import { sizeOf } from "./encode.ts";
import { type Call, createLane, dropOver, type Item, isEmpty, type Lane, takeBatch } from "./lane.ts";
import { type Batch, type Sent, sendBatches } from "./send.ts";

/** In one request, over all its partitions; Kafka takes 100 MB. */
const REQUEST_BYTES_MAX = 4 << 20;
/** Of all that waits or is under way; more is `overloaded`. */
const HELD_RECORDS_MAX = 100_000;
const HELD_BYTES_MAX = 64 << 20;
const SWEEP_MS = 250;
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 1_000;

/**
 * Records wait by partition. A broker has one request under way; what comes meanwhile is in the next one, of all its partitions together. A
 * partition has one batch under way, so that nothing overtakes a batch that is tried again.
 */
export function openProducing(wire: Wire): Producing {
  const lanes = new Map<string, Lane>();
  const calls = new Bag<Call>();
  /** By broker: what is to be in its next request. An entry means that its turns are being run. */
  const ready = new Map<number, Lane[]>();
  let [heldRecords, heldBytes, isSweeping, isClosed] = [0, 0, false, false];
  let drained: (() => void) | undefined;

  /** Finds the leader of a partition that has something to write, and puts it in line there. */
  async function route(lane: Lane): Promise<void> {
    release(dropOver(lane));
    if (isEmpty(lane)) {
      lane.isBusy = false;
      lanes.delete(laneKey(lane.topic, lane.partition));
      return;
    }
    lane.isBusy = true;
    try {
      const leader = await wire.leader(lane);
      const line = ready.get(leader);
      if (line !== undefined) return void line.push(lane);
      ready.set(leader, [lane]);
      void runTurns(leader);
    } catch (error) {
      await settle({ lane, items: takeBatch(lane) }, failed(error));
    }
  }

  async function runTurns(node: number): Promise<void> {
    for (;;) {
      // Those who were answered together write again together.
      await new Promise((resolve) => setImmediate(resolve));
      const line = ready.get(node) ?? [];
      if (line.length === 0) return void ready.delete(node);
      await sendTo(node, takeRequest(line));
    }
  }

  function takeRequest(line: Lane[]): readonly Batch[] {
    const batches: Batch[] = [];
    let bytes = 0;
    while (line.length > 0 && bytes < REQUEST_BYTES_MAX) {
      const lane = line.shift();
      if (lane === undefined) break;
      release(dropOver(lane));
      const items = takeBatch(lane);
      if (items.length === 0) {
        void route(lane);
        continue;
      }
      batches.push({ lane, items });
      bytes += bytesOf(items);
    }
    return batches;
  }

  async function sendTo(node: number, batches: readonly Batch[]): Promise<void> {
    if (batches.length === 0) return;
    let sent: readonly Sent[];
    try {
      const options = { purpose: "produce", deadlineMs: 0 } as const;
      sent = await wire.call({ node }, (connection) => sendBatches(connection, batches), options);
    } catch (error) {
      sent = batches.map(() => failed(error));
    }
    for (const [index, batch] of batches.entries()) {
      const each = sent[index];
      if (each !== undefined) void settle(batch, each);
    }
  }

  async function settle({ lane, items }: Batch, sent: Sent): Promise<void> {
    if (sent.kind === "written") {
      lane.failuresInRow = 0;
      release(items);
      for (const [index, item] of items.entries()) {
        answer(item, { offset: sent.offset + index, timeMs: sent.appendTimeMs ?? item.call.nowMs });
      }
      return route(lane);
    }
    const { failure, records } = sent;
    const isTooMuch = items.length > 1 && says(failure, "MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE");
    if (isTooMuch) lane.bytesMax = Math.max(1, Math.floor(bytesOf(items) / 2));
    const isToBlame = (_: Item, index: number) => records.length === 0 || records.includes(index);
    const mayPass = failure instanceof KafkaFailure && failure.mayPassAtLeader;
    if (mayPass) wire.forgetTopic(lane.topic);
    const isLost = mayPass || isTooMuch ? () => false : isToBlame;
    const lost = items.filter(isLost);
    release(lost);
    for (const item of lost) answer(item, failure);
    lane.again = [...items.filter((item, index) => !isLost(item, index)), ...lane.again];
    if (lost.length === 0 && !isTooMuch) await pause(lane);
    return route(lane);
  }

  async function pause(lane: Lane): Promise<void> {
    const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** lane.failuresInRow);
    lane.failuresInRow += 1;
    await wire.clock.after(pauseMs);
  }

  function release(items: readonly Item[]): void {
    heldRecords -= items.length;
    heldBytes -= bytesOf(items);
  }

  function answer({ call, index }: Item, outcome: Outcome): void {
    if (call.isOver) return;
    call.outcomes[index] = outcome;
    call.missing -= 1;
    if (call.missing === 0) end(call);
  }

  function end(call: Call): void {
    call.isOver = true;
    calls.delete(call);
    call.done(call.outcomes);
    if (calls.size === 0) drained?.();
  }

  function giveUp(call: Call): void {
    const failure = notInTime();
    for (let index = 0; index < call.count; index += 1) call.outcomes[index] ??= failure;
    end(call);
  }

  /** No record waits longer than its deadline, whatever becomes of the request that it is in. */
  async function sweep(): Promise<void> {
    if (isSweeping) return;
    isSweeping = true;
    while (calls.size > 0) {
      await wire.clock.after(SWEEP_MS);
      const nowMs = wire.clock.monotonic();
      for (const call of calls.all()) if (nowMs >= call.untilMs) giveUp(call);
    }
    isSweeping = false;
  }

  function produceEach(
    { topic, partition, untilMs: lateMs }: ProducePlace,
    records: readonly NewRecord[],
  ): Promise<readonly Outcome[]> {
    if (isClosed) return Promise.reject(new KBrokerError("broker_stopping", "The broker is stopping."));
    if (records.length === 0) return Promise.resolve([]);
    const sizes = records.map(sizeOf);
    const bytes = sizes.reduce((sum, each) => sum + each, 0);
    if (heldRecords > 0 && (heldRecords + records.length > HELD_RECORDS_MAX || heldBytes + bytes > HELD_BYTES_MAX))
      return Promise.reject(overloaded());
    return new Promise((done) => {
      const [nowMs, untilMs] = [wire.clock.now(), lateMs ?? wire.clock.monotonic() + PRODUCE_DEADLINE_MS];
      const own = { count: records.length, missing: records.length, isOver: false, place: 0 };
      const call: Call = { outcomes: [], nowMs, untilMs, done, ...own };
      const key = laneKey(topic, partition);
      const lane = lanes.get(key) ?? createLane(topic, partition);
      lanes.set(key, lane);
      for (const [index, record] of records.entries())
        lane.waiting.push({ record, bytes: sizes[index] ?? 0, call, index });
      heldRecords += records.length;
      heldBytes += bytes;
      calls.add(call);
      if (!lane.isBusy) void route(lane);
      void sweep();
    });
  }

  return {
    produceEach,
    produce: async (place, records) => allOf(await produceEach(place, records)),
    async close() {
      isClosed = true;
      if (calls.size === 0) return;
      await new Promise<void>((resolve) => {
        drained = resolve;
      });
    },
  };
}

function laneKey(topic: string, partition: number): string {
  return `${partition}/${topic}`;
}

function bytesOf(items: readonly Item[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}

function failed(error: unknown): Sent {
  return { kind: "failed", failure: error instanceof KBrokerError ? error : kafkaFailure(error), records: [] };
}

function says(failure: KBrokerError, ...codes: readonly string[]): boolean {
  return failure instanceof KafkaFailure && failure.says(...codes);
}

function overloaded(): KBrokerError {
  return new KBrokerError("overloaded", "Too much waits to be written to Kafka.", {
    hint: "Send slower, and try again after a moment.",
    retryAfterS: 1,
  });
}
