import { expect, test } from "vitest";
import type { ConnectorReply } from "../../../src/lib/api/connector.ts";
import { PLAIN } from "../../../src/lib/cli/colour.ts";
import { connectorVerdict } from "../../../src/lib/cli/connector-verdict.ts";
import { renderConnector } from "../../../src/lib/cli/render-connector.ts";
import { restartAct, restartedText } from "../../../src/lib/cli/render-connector-acts.ts";
import { snapshotLeftMs, snapshotShare } from "../../../src/lib/cli/snapshot-share.ts";
import { AT, connector } from "../../commands/fixtures.ts";

const nowMs = Date.parse(AT) + 5_000;
const ROW = {
  code: "row_too_large" as const,
  message: "The row of public.orders with key 17 is 70,123 bytes as an event.",
  hint: "kbroker connector update shop --on-oversize skip",
};
const WAL = {
  code: "retained_wal" as const,
  message: "The database keeps 2.0 GiB for this connector.",
  hint: "kbroker connector resume shop",
};
const LOST = {
  code: "slot_lost" as const,
  message: "The slot is not there.",
  hint: "kbroker connector restart shop --snapshot initial",
};
const rows = (changes: object = {}) => ({
  ...{ schema: "public", table: "orders", rows: 45_000, rowsExpected: 100_000, done: false },
  ...changes,
});
const customers = rows({ table: "customers", rows: 7, rowsExpected: 5, done: true });

const verdictOf = (changes: Partial<ConnectorReply>) => connectorVerdict(connector(changes), nowMs);

test.each<readonly [string, Partial<ConnectorReply>, string, string, readonly string[]]>([
  ["streaming", {}, "green", "Works: up to date.", []],
  ["streaming", { lagBytes: 1_258_291, lagMs: 3_000 }, "green", "Works: 1.2 MiB and 3s behind.", []],
  ["streaming", { lagBytes: null, lagMs: null }, "green", "Works: how far behind is not known.", []],
  ["starting", {}, "yellow", "Is starting: nothing is read yet.", []],
  ["unknown", { asOf: null }, "yellow", "No node has told anything of it yet.", ["kbroker broker status"]],
  [
    "snapshot",
    { snapshotProgress: [rows(), customers] },
    "green",
    "Works: reads the rows that were there, 45 % of them read; what changes meanwhile comes after.",
    [],
  ],
  [
    "degraded",
    { warnings: [WAL], lagBytes: 10 },
    "yellow",
    "Changes flow, 10 B behind, but something is wrong.\nWarning: The database keeps 2.0 GiB for this connector.",
    [WAL.hint],
  ],
  [
    "retrying",
    {
      fault: { ...ROW, code: "database_unreachable", message: "No answer.", hint: "Start it." },
      retryAt: "2026-01-31T08:00:09.000Z",
    },
    "red",
    "Does not work: No answer.\nIt is tried again by itself in 4s.",
    ["Start it."],
  ],
  [
    "failed",
    { fault: ROW },
    "red",
    `Does not work: ${ROW.message}\nIt waits for you; the database keeps what changes.`,
    [ROW.hint],
  ],
  [
    "paused",
    { state: "paused", warnings: [WAL] },
    "yellow",
    "Paused: the database keeps what changes, 16.0 MiB so far; nothing is lost.\nWarning: The database keeps 2.0 GiB for this connector.",
    ["kbroker connector resume shop"],
  ],
  ["streaming", { state: "paused" }, "yellow", "Is about to pause.", []],
  [
    "failed",
    { fault: LOST },
    "red",
    `Does not work: ${LOST.message}\nIt waits for you; what changes meanwhile is not kept.`,
    [LOST.hint],
  ],
  [
    "failed",
    { fault: { ...LOST, code: "publication_missing" } },
    "red",
    `Does not work: ${LOST.message}\nIt waits for you; what changes meanwhile is not kept.`,
    [LOST.hint],
  ],
  [
    "paused",
    { state: "paused", warnings: [LOST], retainedBytes: null },
    "red",
    `Paused, and what changes is not kept.\nWarning: ${LOST.message}`,
    [LOST.hint],
  ],
  [
    "paused",
    { state: "paused", retainedBytes: null },
    "yellow",
    "Paused: the database keeps what changes, how much is not known; nothing is lost.",
    ["kbroker connector resume shop"],
  ],
  ["paused", { state: "active" }, "yellow", "Is about to go on.", []],
])("%s %j", (status, changes, tone, text, steps) => {
  expect(verdictOf({ ...changes, status: status as ConnectorReply["status"] })).toEqual({ text, tone, steps });
});

test("a warning keeps what works from being green", () => {
  expect(verdictOf({ warnings: [WAL] }).tone).toBe("yellow");
});

test("a report that is old is not told as if it were now", () => {
  const old = { asOf: "2026-01-31T07:50:00.000Z" };

  expect(verdictOf(old)).toEqual({
    text: "The node that runs it has told nothing for 10m 5s; what follows is how it was.\nWorks: up to date.",
    tone: "yellow",
    steps: ["kbroker broker status"],
  });
});

test("the first lines of describe say what is the matter and the next step, whatever follows", () => {
  const failed = connector({ status: "failed", fault: ROW, oversize: 1, duplicates: 2 });

  const text = renderConnector(failed, { nowMs }, PLAIN);

  expect(text.split("\n").slice(0, 4)).toEqual([
    "shop failed for 5s",
    `Does not work: ${ROW.message}`,
    "It waits for you; the database keeps what changes.",
    `Try: ${ROW.hint}`,
  ]);
  expect(text).toMatchSnapshot();
});

test("a snapshot is shown table by table, and when it will be done once somebody has looked twice", () => {
  const reading = connector({ status: "snapshot", snapshotProgress: [rows(), customers] });

  const once = renderConnector(reading, { nowMs }, PLAIN);
  const twice = renderConnector(reading, { nowMs, earlier: { rows: 40_007, atMs: nowMs - 10_000 } }, PLAIN);

  expect(once.slice(once.indexOf("\nsnapshot"))).toBe(
    "\nsnapshot\n  public.orders      45 %  45,000 of about 100,000 rows\n  public.customers  100 %  7 rows\n",
  );
  expect(twice).toContain("snapshot  about 1m 50s left\n");
});

test.each([
  [rows({ rows: 1, rowsExpected: null }), "?  1 row\n"],
  [rows({ rows: 0, rowsExpected: 1 }), "0 %  0 of about 1 row\n"],
])("how many rows a table has is not guessed at: %j", (table, line) => {
  const reading = connector({ status: "snapshot", snapshotProgress: [table] });

  expect(renderConnector(reading, { nowMs }, PLAIN)).toContain(line);
});

test.each<readonly [Partial<ConnectorReply>, string]>([
  [{ lagBytes: 0 }, "never comes: nothing is unread at the moment."],
  [{ lagBytes: 1_258_291 }, "never comes: 1.2 MiB of WAL at the moment."],
  [{ lagBytes: null }, "never comes: how much that is, is not known."],
  [{ lagBytes: 0, status: "failed", fault: LOST }, "never comes: how much that is, is not known."],
  [{ lagBytes: 0, warnings: [LOST] }, "never comes: how much that is, is not known."],
])("what a restart without rows gives up is not said to be less than it may be: %j", (changes, line) => {
  expect(restartAct(connector(changes)).does.join("\n")).toContain(line);
});

test("a restart while it is paused says that nothing comes before it is resumed", () => {
  const paused = connector({ state: "paused", status: "paused" });

  expect(restartedText(paused, undefined)).toBe(
    "Connector shop connects anew, once it is resumed, and goes on where it was.",
  );
  expect(restartedText(paused, "none")).toMatch(/^Connector shop begins from scratch, once it is resumed: only/);
});

test("the share of a snapshot is never 100 before it is done, and unknown where the database knows no count", () => {
  expect(snapshotShare([rows({ rows: 120_000 })])).toBe(99);
  expect(snapshotShare([rows({ rowsExpected: null })])).toBeUndefined();
  expect(snapshotShare([rows({ rows: 0, rowsExpected: 0 })])).toBe(0);
  expect(snapshotShare([customers])).toBe(100);
  expect(snapshotLeftMs([rows()], nowMs, { rows: 45_000, atMs: nowMs - 1_000 })).toBeUndefined();
});

test("what a database or its error says cannot steer the terminal", () => {
  const fault = { ...ROW, message: "bad \u001b[2J", hint: "kbroker \u001b[31m" };
  const tables = [{ schema: "public", table: "a\u001b[2Jb", topic: "t" }];

  expect(renderConnector(connector({ status: "failed", fault, tables }), { nowMs }, PLAIN)).not.toContain("\u001b");
});
