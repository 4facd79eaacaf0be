import { fc, test } from "@fast-check/vitest";
import { expect, test as plainTest } from "vitest";
import { Bag } from "../../../src/lib/domain/bag.ts";

const step = fc.record({ kind: fc.constantFrom("add" as const, "delete" as const), index: fc.nat(20) });

test.prop([fc.array(step, { maxLength: 300, size: "max" })])("holds what was added and not deleted", (steps) => {
  const items = Array.from({ length: 21 }, (_, name) => ({ name, place: -1 }));
  const bag = new Bag<{ name: number; place: number }>();
  const model = new Set<(typeof items)[number]>();

  for (const { kind, index } of steps) {
    const item = items[index];
    if (item === undefined) continue;
    if (kind === "delete") bag.delete(item);
    else if (!model.has(item)) bag.add(item);
    if (kind === "delete") model.delete(item);
    else model.add(item);

    expect(bag.size).toBe(model.size);
    expect(new Set(bag.all())).toEqual(model);
  }
});

plainTest("what is deleted while all are looked at is still looked at, and nothing twice", () => {
  const bag = new Bag<{ name: number; place: number }>();
  for (let name = 0; name < 5; name += 1) bag.add({ name, place: -1 });
  const seen: number[] = [];

  for (const item of bag.all()) {
    seen.push(item.name);
    bag.delete(item);
  }

  expect(seen).toEqual([0, 1, 2, 3, 4]);
  expect(bag.size).toBe(0);
});
