import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DocumentRecord, keyText } from "../../../../../src/lib/engine/kafka/fold/document-record.ts";
import { createDocuments, type Documents } from "../../../../../src/lib/engine/kafka/fold/documents.ts";
import { type Entry, type SharedLog, sharedLog } from "./shared-log.ts";

const KIND = "topic";
const NAMES = ["a", "b"];
const RUNS = Number(process.env.KBROKER_FOLD_RUNS ?? 400);

/** What a node does: each with a belief that may be out of date. */
type Step =
  | { readonly kind: "read"; readonly node: number; readonly count: number }
  | {
      readonly kind: "put" | "delete";
      readonly node: number;
      readonly name: string;
      readonly isTwice: boolean;
      readonly isFresh: boolean;
    }
  | { readonly kind: "tidy"; readonly node: number; readonly name: string }
  | { readonly kind: "compact"; readonly mask: readonly boolean[] }
  | { readonly kind: "restart"; readonly node: number };

const NODES = 3;
const node = fc.nat(NODES - 1);
const name = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("read" as const), node, count: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("put" as const, "put" as const, "delete" as const),
      node,
      name,
      isTwice: fc.boolean(),
      isFresh: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("tidy" as const), node, name }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("compact" as const),
      mask: fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), node }) },
);

interface Node {
  documents: Documents;
  next: number;
  /** Steps of clearing that are under way. */
  clearing: (readonly DocumentRecord[])[];
}

const newNode = (): Node => ({ documents: createDocuments(), next: 0, clearing: [] });

function read(reader: Node, entries: readonly Entry<DocumentRecord>[], end = Number.POSITIVE_INFINITY): void {
  for (const { offset, record } of entries) {
    if (offset < reader.next || offset >= end) continue;
    reader.documents.apply(record, offset);
    reader.next = offset + 1;
  }
}

const stateOf = ({ documents }: Node) =>
  documents.list(KIND).map(({ name, version, value }) => ({ name, version, value }));

/** The meaning, on the log that nothing was ever taken from: a record applies iff it goes on from what is there. */
function naive(entries: readonly Entry<DocumentRecord>[]) {
  const now = new Map<string, { life: string; version: number; value: unknown }>();
  for (const { record } of entries) {
    const { name, version, nonce, change } = record;
    const current = now.get(name);
    if (change.op === "create" && current === undefined) now.set(name, { life: nonce, version, value: change.value });
    if (change.op !== "update" && change.op !== "delete") continue;
    if (current === undefined || current.life !== change.of || current.version + 1 !== version) continue;
    if (change.op === "delete") now.delete(name);
    else now.set(name, { life: current.life, version, value: change.value });
  }
  return Array.from(now, ([name, { version, value }]) => ({ name, version, value })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

function world() {
  const log: SharedLog<DocumentRecord> = sharedLog<DocumentRecord>({
    isTombstone: ({ change }) => change.op === "clear",
    keyOf: keyText,
  });
  const nodes = Array.from({ length: NODES }, newNode);
  let nonces = 0;
  const nonce = () => `n${nonces++}`;

  function write(each: Node, { kind, name, isTwice, isFresh }: Extract<Step, { kind: "put" | "delete" }>): void {
    if (isFresh) read(each, log.entries());
    const current = each.documents.get(KIND, name);
    for (let copy = 0; copy < (isTwice ? 2 : 1); copy++) {
      const at = { kind: KIND, name, nonce: nonce(), version: (current?.version ?? 0) + 1 };
      const value = at.nonce;
      if (current === undefined && kind === "put") log.append({ ...at, change: { op: "create", value } });
      if (current === undefined) continue;
      const { life: of } = current;
      log.append({ ...at, change: kind === "put" ? { op: "update", of, value } : { op: "delete", of } });
    }
  }

  /** One step of clearing; the first one begins at the end of the log. */
  function tidy(each: Node, name: string): void {
    if (each.clearing.length === 0) {
      read(each, log.entries());
      each.clearing = each.documents
        .garbage(KIND, name)
        .map((step) => step.map((key): DocumentRecord => ({ ...key, change: { op: "clear" } })));
    }
    for (const record of each.clearing.shift() ?? []) log.append(record);
  }

  function compact(mask: readonly boolean[]): void {
    const passed = Math.min(...nodes.map(({ next }) => next));
    log.compact((index) => mask[index % mask.length] === true, passed);
  }

  /** Who opens reads to the end at once. */
  function restart(each: Node): void {
    Object.assign(each, newNode());
    read(each, log.entries());
  }

  return {
    log,
    nodes,
    take(step: Step): void {
      const each = nodes["node" in step ? step.node : 0];
      if (each === undefined) return;
      if (step.kind === "read") read(each, log.entries(), each.next + step.count);
      else if (step.kind === "put" || step.kind === "delete") write(each, step);
      else if (step.kind === "tidy") tidy(each, step.name);
      else if (step.kind === "compact") compact(step.mask);
      else restart(each);
    },
  };
}

describe("the fold of the catalog", () => {
  test("gives one state on every node, whatever interleaves, is written twice, or is compacted away", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const { log, nodes, take } = world();
        for (const each of steps) take(each);
        // Somebody who writes believes in a state that it has read to the end of the log once.
        for (const each of [...nodes, newNode()]) {
          read(each, log.entries());
          expect(stateOf(each)).toEqual(naive(log.everything()));
        }
      }),
      { numRuns: RUNS },
    );
  });
});
