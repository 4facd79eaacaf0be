import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { dueHeap } from "../../../src/lib/domain/due-heap.ts";

const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), item: fc.nat(15), dueMs: fc.nat(50) }),
  fc.record({ kind: fc.constant("delete" as const), item: fc.nat(15) }),
  fc.record({ kind: fc.constant("take" as const), nowMs: fc.nat(60) }),
);

test.prop([fc.array(step, { maxLength: 80 })])("agrees with a plain map of due times", (steps) => {
  const heap = dueHeap<number>();
  const model = new Map<number, number>();

  for (const each of steps) {
    if (each.kind === "set") {
      heap.set(each.item, each.dueMs);
      model.set(each.item, each.dueMs);
    } else if (each.kind === "delete") {
      heap.delete(each.item);
      model.delete(each.item);
    } else {
      const taken = heap.takeDue(each.nowMs);
      const dueMs = taken === undefined ? undefined : model.get(taken);
      const first = Math.min(...model.values());
      expect(dueMs).toBe(first <= each.nowMs ? first : undefined);
      if (taken !== undefined) model.delete(taken);
    }
    expect(heap.size).toBe(model.size);
    expect(heap.firstDueMs()).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
  }
});
