import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { type Due, dueHeap } from "../../../src/lib/domain/due-heap.ts";

interface Item extends Due {
  readonly name: number;
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), item: fc.nat(60), dueMs: fc.nat(99) }),
  fc.record({ kind: fc.constant("delete" as const), item: fc.nat(60) }),
  fc.record({ kind: fc.constant("take" as const), nowMs: fc.nat(60) }),
);

test.prop([fc.array(step, { minLength: 0, maxLength: 300, size: "max" })])(
  "gives the first that is due, and of those due at one time the first that was set",
  (steps) => {
    const heap = dueHeap<Item>();
    const items = Array.from({ length: 61 }, (_, name): Item => ({ name, dueMs: 0, turn: 0, heapPlace: -1 }));
    const itemOf = (name: number) => items[name] as Item;
    // In the order in which they were set.
    const model = new Map<number, number>();

    for (const each of steps) {
      if (each.kind === "set") {
        heap.set(itemOf(each.item), each.dueMs);
        model.delete(each.item);
        model.set(each.item, each.dueMs);
      } else if (each.kind === "delete") {
        heap.delete(itemOf(each.item));
        model.delete(each.item);
      } else {
        const first = Math.min(...model.values());
        const expected = [...model].find(([, dueMs]) => dueMs === first && dueMs <= each.nowMs)?.[0];
        const taken = heap.takeDue(each.nowMs)?.name;
        expect(taken).toBe(expected);
        if (taken !== undefined) model.delete(taken);
      }
      expect(heap.size).toBe(model.size);
      expect(heap.firstDueMs()).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
    }
  },
);
