import { expect, test } from "vitest";
import { lasting } from "../../../../../src/lib/engine/kafka/owners/lasting.ts";
import { parkedFold } from "../../../../../src/lib/engine/kafka/positions/parked-fold.ts";
import { decodeKey, encodeEntry, encodeKey } from "../../../../../src/lib/engine/kafka/positions/parked-keys.ts";
import { createParkedLog } from "../../../../../src/lib/engine/kafka/positions/parked-log.ts";
import type { NewRecord } from "../../../../../src/lib/engine/kafka/producing.ts";
import { notInTime } from "../../../../../src/lib/engine/kafka/wire/deadlines.ts";
import { entry, SHARD } from "../../../../conformance/fixtures.ts";

/** Three pages. */
const ENTRIES = 5_000;
const BEFORE = 1;
const confirm = async () => {};
const clock = { now: () => 0, monotonic: () => 0, after: async () => {} };
const last = lasting({ clock, isWanted: () => true, held: () => {} });

/** A log in which each resource has entries of an owner before; `write` is asked before a page is. */
function logWith(write: (records: readonly NewRecord[]) => Promise<void> = async () => {}) {
  const written: NewRecord[] = [];
  const log = createParkedLog({
    topic: "parked",
    partitions: 1,
    report: () => {},
    producing: {
      async produce(_place, records) {
        await write(records);
        written.push(...records);
        return records.map((_, index) => ({ offset: 100 + written.length - records.length + index, timeMs: 0 }));
      },
    },
    reading: {
      async read(_partition, resource) {
        const fold = parkedFold(resource);
        const value = encodeEntry(entry(0));
        for (let offset = 0; offset < ENTRIES; offset += 1)
          fold.add({ kind: "parked", resource, epoch: BEFORE, source: { shard: SHARD, offset } }, offset, value);
        fold.add({ kind: "active", resource, epoch: BEFORE }, ENTRIES, value);
        return fold;
      },
    },
  });
  return { log, written };
}

function kindsIn(records: readonly NewRecord[]): ReadonlyMap<string, number> {
  const kinds = new Map<string, number>();
  for (const { key, value } of records) {
    const kind = key instanceof Uint8Array ? decodeKey(key)?.kind : undefined;
    const name = `${kind}${value === null ? ", removed" : ""}`;
    kinds.set(name, (kinds.get(name) ?? 0) + 1);
  }
  return kinds;
}

test("a taking whose writes are too late now and then goes on from where it is, and copies nothing twice that was written", async () => {
  let writes = 0;
  const { log, written } = logWith(async () => {
    writes += 1;
    if (writes % 2 === 0) throw notInTime();
  });

  const { epoch, entries } = await log.take("subscription-1", { confirm, last });

  expect(epoch).toBe(101);
  expect(entries).toHaveLength(ENTRIES);
  expect(kindsIn(written)).toEqual(
    new Map([
      ["claim", 1],
      ["parked", ENTRIES],
      ["active", 1],
    ]),
  );
});

test("whoever is taken over from while it copies stops with the page that it is at", async () => {
  let asked = 0;
  const { log, written } = logWith();
  const fenced = async () => {
    asked += 1;
    if (asked > 1) throw new Error("fenced");
  };

  const taken = log.take("subscription-1", { confirm: fenced, last });

  await expect(taken).rejects.toThrow("fenced");
  const { claim, parked, active } = Object.fromEntries(kindsIn(written));
  expect(claim).toBe(1);
  expect(parked).toBeLessThan(ENTRIES);
  expect(active).toBeUndefined();
});

test("of many takings at once only some copy, a page at a time each, and all of them end", async () => {
  let [underWay, most, largest] = [0, 0, 0];
  const { log } = logWith(async (records) => {
    if (records.length === 1) return;
    underWay += 1;
    most = Math.max(most, underWay);
    largest = Math.max(largest, records.length);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
  });
  const names = Array.from({ length: 8 }, (_, index) => `subscription-${index}`);

  const taken = await Promise.all(names.map((name) => log.take(name, { confirm, last })));

  expect(taken.map(({ entries }) => entries.length)).toEqual(names.map(() => ENTRIES));
  expect(most).toBeLessThanOrEqual(2);
  expect(largest).toBeLessThanOrEqual(2_000);
});

test("what former owners left is removed page by page, one resource after the other, and no page of it holds up a taking", async () => {
  let [underWay, most] = [0, 0];
  const { log, written } = logWith(async (records) => {
    if (records.every(({ value }) => value !== null)) return;
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
  });
  const names = ["subscription-1", "subscription-2", "subscription-3"];
  const taken = await Promise.all(names.map((name) => log.take(name, { confirm, last })));

  await Promise.all(taken.map(({ tidy }) => tidy()));

  expect(most).toBe(1);
  expect(Object.fromEntries(kindsIn(written))).toMatchObject({
    "parked, removed": names.length * ENTRIES,
    "active, removed": names.length,
  });
});

test("what entries have in common is held once, however many there are", async () => {
  const { log } = logWith();

  const { entries } = await log.take("subscription-1", { confirm, last });

  const shards = new Set(entries.map(({ source }) => source.shard));
  expect(shards.size).toBe(1);
});

test("entries of owners before the active one count for nothing, and are still removed", () => {
  const [resource, value] = ["subscription-1", encodeEntry(entry(0))];
  const fold = parkedFold(resource);
  const put = (epoch: number, offset: number) =>
    fold.add({ kind: "parked", resource, epoch, source: { shard: SHARD, offset } }, offset, value);
  put(1, 0);
  put(5, 1);
  fold.add({ kind: "active", resource, epoch: 5 }, 2, value);
  put(1, 3);

  const [counted, keys] = [fold.entries(fold.activeEpoch() ?? 0), Array.from(fold.keys(), encodeKey)];

  expect(counted.map(({ source }) => source.offset)).toEqual([1]);
  expect(Array.from(fold.copies(1, 9))).toEqual([]);
  expect(keys.map(decodeKey)).toEqual(
    expect.arrayContaining(
      [0, 3].map((offset) => ({ kind: "parked", resource, epoch: 1, source: { shard: SHARD, offset } })),
    ),
  );
});
