import { randomInt } from "node:crypto";
import { cp, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OffsetRange } from "../../src/lib/domain/cursor.ts";
import type { StoredMessage } from "../../src/lib/domain/message.ts";
import type { Engine } from "../../src/lib/engine/port.ts";
import { ALL, cursor, message, own } from "../conformance/fixtures.ts";
import { type Opened, openIn, quickFolder, type TemporaryFolder } from "../lib/engine/embedded/fixtures.ts";

const RECORDS = 10_000;
const TIMES = 500;
const TOPICS = ["busy", "calm", "quiet"];
const SEGMENT_BYTES_MAX = 150_000;
/** To see a failure again: KBROKER_TEST_SEED=<seed> npx vitest run test/faults/journal-damage.test.ts */
const SEED = Number(process.env.KBROKER_TEST_SEED ?? randomInt(2 ** 31));

let original: TemporaryFolder;
/** By topic: the payload of each offset. */
const stored = new Map<string, string[]>();

beforeAll(async () => {
  original = await quickFolder();
  const { engine } = await openIn(original.dir, { segmentBytesMax: SEGMENT_BYTES_MAX });
  for (const topicId of TOPICS) await engine.log.createTopic(topicId);
  for (let count = 0; count < RECORDS; count += 50) {
    const payloads = Array.from({ length: 50 }, (_, index) => `"record ${count + index} ${"é".repeat(index % 9)}"`);
    await Promise.all(
      payloads.map(async (payload, index) => {
        const topicId = TOPICS[index % 7 === 0 ? 1 : index === 1 ? 2 : 0] ?? "";
        const [result] = await engine.log.append(topicId, [message(`${count + index}`, payload)]);
        if (result?.kind !== "appended") throw new Error("The record was not appended.");
        const payloadsOf = stored.get(topicId) ?? [];
        payloadsOf[result.offset] = payload;
        stored.set(topicId, payloadsOf);
      }),
    );
  }
  const hold = await own(engine, "subscription");
  const end = stored.get("calm")?.length ?? 0;
  const shard = { topicId: "calm", index: 0 };
  await engine.cursors.commit(hold, [{ shard, cursor: cursor(end, { topicId: "calm" }) }]);
  await engine.close();
}, 120_000);

afterAll(async () => {
  await original.remove();
});

test(`${TIMES} times bits are flipped and tails cut off: every loss is told, nothing is served wrong (seed ${SEED})`, {
  timeout: 300_000,
}, async () => {
  const random = seeded(SEED);
  const seen = {
    times: TIMES,
    seed: SEED,
    flips: 0,
    cuts: 0,
    refused: 0,
    withLoss: 0,
    lost: 0,
    served: 0,
    servedWrong: 0,
  };

  for (let time = 0; time < TIMES; time += 1) {
    const { dir, remove } = await quickFolder();
    await cp(original.dir, dir, { recursive: true });
    const harm = await damage(join(dir, "journal"), random);
    seen.flips += harm.flips;
    seen.cuts += harm.cuts;
    const { opened, refused } = await openAccepting(dir);
    const { lost, served } = await checkAll(opened);
    await opened.engine.close();
    await remove();
    seen.refused += refused ? 1 : 0;
    seen.withLoss += lost > 0 ? 1 : 0;
    seen.lost += lost;
    seen.served += served;
  }

  console.info(`damage: ${JSON.stringify(seen)}`);
  expect(seen.withLoss).toBeGreaterThan(TIMES / 10);
  expect(seen.refused).toBeGreaterThan(0);
});

/** Flips one to three bits, or cuts a file off, somewhere in the journal's files. */
async function damage(journal: string, random: () => number): Promise<{ flips: number; cuts: number }> {
  const names = await readdir(journal);
  const path = join(journal, names[Math.floor(random() * names.length)] ?? "");
  const bytes = await readFile(path);
  if (random() < 0.3) {
    await truncate(path, Math.floor(random() * bytes.length));
    return { flips: 0, cuts: 1 };
  }
  const flips = 1 + Math.floor(random() * 3);
  for (let flip = 0; flip < flips; flip += 1) {
    const at = Math.floor(random() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  }
  await writeFile(path, bytes);
  return { flips, cuts: 0 };
}

/** A start that is refused has told of the loss; the operator then accepts it. */
async function openAccepting(dir: string): Promise<{ opened: Opened; refused: boolean }> {
  const options = { segmentBytesMax: SEGMENT_BYTES_MAX };
  try {
    return { opened: await openIn(dir, options), refused: false };
  } catch (error) {
    expect(error).toMatchObject({ code: "data_lost" });
    return { opened: await openIn(dir, { ...options, acceptLoss: true }), refused: true };
  }
}

async function checkAll({ engine, told }: Opened): Promise<{ lost: number; served: number }> {
  let [lost, served] = [0, 0];
  for (const [topicId, payloads] of stored) {
    const { records, damaged } = await readAll(engine, topicId);
    const accounted = new Set([...records.map(({ offset }) => offset), ...damaged.flatMap(offsets)]);
    const wrong = records.filter(({ offset, payload }) => Buffer.from(payload).toString() !== payloads[offset]);
    expect(wrong).toEqual([]);
    expect(accounted.size).toBe(records.length + damaged.flatMap(offsets).length);
    expect(payloads.findIndex((_, offset) => !accounted.has(offset))).toBe(-1);
    const [next] = await engine.log.append(topicId, [message("afterwards")]);
    expect(next).toMatchObject({ kind: "appended", offset: payloads.length });
    served += records.length;
    lost += payloads.length - records.length;
  }
  expect(told.some(({ level }) => level === "error")).toBe(lost > 0);
  return { lost, served };
}

async function readAll(engine: Engine, topicId: string) {
  const shard = { topicId, index: 0 };
  const records: StoredMessage[] = [];
  const damaged: OffsetRange[] = [];
  const { end } = await engine.log.bounds(shard);
  for (let from = 0; from < end; ) {
    const result = await engine.log.read(shard, from, { ...ALL, countMax: 1_000 });
    records.push(...result.records);
    damaged.push(...result.damaged);
    from = result.next;
  }
  return { records, damaged };
}

function offsets({ from, to }: OffsetRange): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
