import type { DocumentKey, DocumentRecord } from "./document-record.ts";
import { applyRecord, currentOf, garbageOf, hasGarbage, type Lives } from "./lives.ts";

export interface FoldedDocument {
  readonly name: string;
  /** Counts from 1 at each creation. */
  readonly version: number;
  readonly value: unknown;
  /** The nonce of its creation: what is written of it goes on from that. */
  readonly life: string;
}

export interface Applied {
  /** The record did what it was written for. */
  readonly isApplied: boolean;
  /** What its name means is another thing than before. */
  readonly isChanged: boolean;
  /** The log holds more of its name than it needs. */
  readonly isUntidy: boolean;
}

/** The documents that a log of records makes; the same on whoever has read it to its end, whatever compaction has left of it. */
export interface Documents {
  get(kind: string, name: string): FoldedDocument | undefined;
  /** Ascending by name. */
  list(kind: string): readonly FoldedDocument[];
  apply(record: DocumentRecord, offset: number): Applied;
  /** What the log holds of it and does not need: steps, each of which has to be cleared durably before the next one is begun. */
  garbage(kind: string, name: string): readonly (readonly DocumentKey[])[];
}

interface Named {
  readonly name: string;
  readonly lives: Lives;
}

export function createDocuments(): Documents {
  const kinds = new Map<string, Map<string, Named>>();

  function of(kind: string, name: string): Named {
    const names = kinds.get(kind) ?? new Map<string, Named>();
    kinds.set(kind, names);
    const found = names.get(name) ?? { name, lives: { all: [], orphans: [] } };
    names.set(name, found);
    return found;
  }

  return {
    get(kind, name) {
      const named = kinds.get(kind)?.get(name);
      return named && documentOf(named);
    },
    list: (kind) =>
      Array.from(kinds.get(kind)?.values() ?? [])
        .flatMap((named) => documentOf(named) ?? [])
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    apply(record, offset) {
      const named = of(record.kind, record.name);
      const before = documentOf(named);
      const isApplied = applyRecord(named.lives, record, offset);
      const after = documentOf(named);
      if (named.lives.all.length === 0 && named.lives.orphans.length === 0) kinds.get(record.kind)?.delete(record.name);
      const isChanged = before?.life !== after?.life || before?.version !== after?.version;
      return { isApplied, isChanged, isUntidy: hasGarbage(named.lives) };
    },
    garbage(kind, name) {
      const lives = kinds.get(kind)?.get(name)?.lives;
      return lives === undefined ? [] : garbageOf(lives).map((step) => step.map((place) => ({ kind, name, ...place })));
    },
  };
}

function documentOf({ name, lives }: Named): FoldedDocument | undefined {
  const life = currentOf(lives);
  return life && { name, version: life.head.version, value: life.value, life: life.nonce };
}
