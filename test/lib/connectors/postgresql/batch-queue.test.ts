import { expect, test } from "vitest";
import { batchQueue } from "../../../../src/lib/connectors/postgresql/batch-queue.ts";
import { isPending } from "../../../support/promises.ts";

const change = (id: string, bytes = 1) => ({ table: 0, id, payload: new Uint8Array(bytes), timeMs: 0 });
const limits = { countMax: 3, bytesMax: 100 };

test("gives what waits all at once when its transaction is complete", async () => {
  const queue = batchQueue(1n, limits);
  const taking = queue.take();
  queue.add(change("a"));
  queue.add(change("b"));
  queue.committed(7n);

  const taken = await taking;

  expect([taken?.changes.map(({ id }) => id), taken?.lsn]).toEqual([["a", "b"], 7n]);
});

test("gives the part of a transaction that fills it, at the place of the one before", async () => {
  const queue = batchQueue(1n, limits);
  queue.committed(5n);
  for (const id of ["a", "b", "c"]) queue.add(change(id));

  const taken = await queue.take();

  expect([taken?.changes.length, taken?.lsn]).toEqual([3, 5n]);
});

test.for([
  ["too many", 3, 1],
  ["too large", 1, 100],
] as const)("lets nobody add more while what waits is %s, until it is taken", async ([, count, bytes]) => {
  const queue = batchQueue(1n, limits);
  for (let id = 0; id < count; id++) queue.add(change(`${id}`, bytes));
  const order: string[] = [];
  const room = queue.room().then(() => order.push("room"));
  await Promise.resolve();
  order.push("take");

  await queue.take();
  await room;

  expect(order).toEqual(["take", "room"]);
  expect(queue.isFull()).toBe(false);
});

test("tells of a place without a change when it is asked to, and never of an earlier one", async () => {
  const queue = batchQueue(5n, limits);
  queue.passed(4n);
  queue.flush();
  const taking = queue.take();
  queue.passed(9n);
  queue.flush();

  expect(await taking).toEqual({ changes: [], lsn: 9n });
});

test("fails with what it ended with, and lets go of who waits for room", async () => {
  const queue = batchQueue(1n, limits);
  for (const id of ["a", "b", "c"]) queue.add(change(id));
  const room = queue.room();

  queue.end(new Error("gone"));

  await expect(queue.take()).rejects.toThrow("gone");
  await room;
});

test("gives nothing once it ended", async () => {
  const queue = batchQueue(1n, limits);
  const taking = queue.take();

  queue.end();

  expect(await taking).toBeUndefined();
});

test("wakes nobody for a place without a change before it is asked to, and goes back to no earlier place", async () => {
  const queue = batchQueue(1n, limits);
  const taking = queue.take();

  queue.committed(5n);
  queue.passed(3n);
  const waited = await isPending(taking);
  queue.flush();

  expect(waited).toBe(true);
  expect(await taking).toEqual({ changes: [], lsn: 5n });
});

test("has nothing to give once it was taken, also when it is asked to", async () => {
  const queue = batchQueue(1n, limits);
  queue.add(change("a"));
  queue.committed(5n);
  await queue.take();

  queue.flush();
  const again = queue.take();

  expect(await isPending(again)).toBe(true);
});

test("ends with what it ended with first, and holds up nobody who adds more", async () => {
  const queue = batchQueue(1n, limits);
  queue.end(new Error("first"));
  queue.end(new Error("second"));

  for (const id of ["a", "b", "c", "d"]) queue.add(change(id));

  expect(queue.isFull()).toBe(false);
  await expect(queue.take()).rejects.toThrow("first");
});
