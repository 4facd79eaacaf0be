import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { type Batch, batchesOf } from "../../../src/lib/cli/batch-input.ts";
import { BATCH_BYTES_MAX, BATCH_LINES_MAX } from "../../../src/lib/domain/batch.ts";

async function* parts(chunks: readonly (string | Uint8Array)[]) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function all(...chunks: readonly (string | Uint8Array)[]): Promise<readonly Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of batchesOf(parts(chunks))) batches.push(batch);
  return batches;
}

const shown = (batches: readonly Batch[]) =>
  batches.map(({ bytes, firstLine, lastLine }) => `${firstLine}-${lastLine} ${Buffer.from(bytes).toString()}`);

test("what has come goes out, whole lines only, and the last one without its line feed", async () => {
  expect(shown(await all("a\nb", "c\nd\n", "e"))).toEqual(["1-1 a\n", "2-3 bc\nd\n", "4-4 e"]);
});

test("an input without a byte has no batch", async () => {
  expect(await all()).toEqual([]);
  expect(await all("")).toEqual([]);
});

test("a batch has at most 1 000 lines", async () => {
  const batches = await all("x\n".repeat(2_500));

  expect(batches.map(({ firstLine, lastLine }) => [firstLine, lastLine])).toEqual([
    [1, 1_000],
    [1_001, 2_000],
    [2_001, 2_500],
  ]);
});

test("a batch has at most 1 MiB, and a line that long goes alone", async () => {
  const line = `${"x".repeat(BATCH_BYTES_MAX - 1)}\n`;

  const batches = await all(`a\n${line}b\n`);

  expect(batches.map(({ bytes }) => bytes.length)).toEqual([2, BATCH_BYTES_MAX, 2]);
});

test("a line that no batch can hold is named and left out, however long it is", async () => {
  const chunk = "x".repeat(500_000);

  const batches = await all("a\n", chunk, chunk, chunk, "\nb\n");

  expect(shown(batches)).toEqual(["1-1 a\n", "2-3 b\n"]);
  expect(batches.map(({ tooLong }) => tooLong)).toEqual([[], [2]]);
});

test("blank lines are counted, and a batch of nothing else is known as such", async () => {
  const batches = await all("\n \r\n", "a\n\n");

  expect(batches.map(({ blank, firstLine, lastLine }) => [blank, firstLine, lastLine])).toEqual([
    [true, 1, 2],
    [false, 3, 4],
  ]);
});

property.prop([fc.array(fc.uint8Array({ maxLength: 30 }).map((bytes) => bytes.map((byte) => byte % 16)))])(
  "every byte goes out once and in its order, and each batch ends with a line",
  async (chunks) => {
    const batches = await all(...chunks);

    expect(Buffer.concat(batches.map(({ bytes }) => bytes))).toEqual(Buffer.concat(chunks));
    for (const { bytes, firstLine, lastLine } of batches.slice(0, -1)) {
      expect(bytes.at(-1)).toBe(0x0a);
      expect(bytes.filter((byte) => byte === 0x0a)).toHaveLength(lastLine - firstLine + 1);
      expect(lastLine - firstLine).toBeLessThan(BATCH_LINES_MAX);
    }
  },
);
