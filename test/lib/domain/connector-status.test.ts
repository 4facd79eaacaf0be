import { expect, test } from "vitest";
import type { Fault } from "../../../src/lib/domain/connector-report.ts";
import {
  connectorRetryMs,
  distinctFaults,
  flowingStatus,
  isUnfinished,
  retainedWarning,
} from "../../../src/lib/domain/connector-status.ts";

const WARNING: Fault = { code: "table_missing", message: "The table is gone.", hint: "Make it." };
const SHOP = { name: "shop", state: "active", retainedBytesWarn: 1_000 } as const;

test("what flows is told by its position, by what is still to be read of the beginning, and by its warnings", () => {
  const at = { position: "0/1", isSnapshot: false, warnings: [] };

  expect(flowingStatus({ ...at, position: null })).toBe("starting");
  expect(flowingStatus({ ...at, isSnapshot: true, warnings: [WARNING] })).toBe("snapshot");
  expect(flowingStatus(at)).toBe("streaming");
  expect(flowingStatus({ ...at, warnings: [WARNING] })).toBe("degraded");
});

test("a retry waits 1 s, 2 s, 4 s and at most 30 s, a fifth more or less", () => {
  const delays = [0, 1, 2, 3, 5, 6, 1_000].map((failures) =>
    connectorRetryMs({ code: "database_unreachable", failures, random: 0.5 }),
  );

  expect(delays).toEqual([1_000, 1_000, 2_000, 4_000, 16_000, 30_000, 30_000]);
  expect(connectorRetryMs({ code: "unexpected", failures: 1, random: 0 })).toBe(800);
  expect(connectorRetryMs({ code: "unexpected", failures: 1, random: 0.999_999 })).toBe(1_200);
});

test("a slot in use waits 1 to 2 s, however often", () => {
  expect(connectorRetryMs({ code: "slot_in_use", failures: 50, random: 0 })).toBe(1_000);
  expect(connectorRetryMs({ code: "slot_in_use", failures: 50, random: 0.5 })).toBe(1_500);
});

test("log that is kept back warns above the limit, with the step that helps in that state", () => {
  expect(retainedWarning(SHOP, null)).toEqual([]);
  expect(retainedWarning(SHOP, 1_000)).toEqual([]);
  expect(retainedWarning(SHOP, 1_001)).toMatchObject([{ code: "retained_wal" }]);
  expect(retainedWarning({ ...SHOP, retainedBytesWarn: 2 ** 30 }, 2 ** 31)[0]?.message).toContain("over 1.0 GiB");
  expect(retainedWarning({ ...SHOP, state: "paused" }, 1_001)[0]?.hint).toContain("kbroker connector resume shop");
});

test("the beginning is read when each of its tables is", () => {
  const table = { schema: "public", table: "orders", rows: 1, rowsExpected: null };

  expect(isUnfinished(null)).toBe(false);
  expect(isUnfinished({ tables: [{ ...table, done: true }] })).toBe(false);
  expect(
    isUnfinished({
      tables: [
        { ...table, done: true },
        { ...table, done: false },
      ],
    }),
  ).toBe(true);
});

test("the same fault is told once", () => {
  expect(distinctFaults([WARNING, { ...WARNING }, { ...WARNING, message: "Another." }])).toHaveLength(2);
});
