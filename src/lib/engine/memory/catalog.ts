import { KBrokerError } from "../../domain/error.ts";
import type { Catalog, CatalogChange, CatalogDocument, DocumentKind } from "../port.ts";
import type { Ears, Node, Told } from "./nodes.ts";
import type { MemoryStorage } from "./storage.ts";

export interface MemoryCatalog {
  readonly catalog: Catalog;
  readonly ears: Pick<Ears, "hear" | "flush">;
}

const documentKey = (kind: DocumentKind, name: string) => `${kind}/${name}`;

/** Hears of its own changes at once, of those of other nodes a moment later, and reads what it has heard of. */
export function memoryCatalog({ documents }: MemoryStorage, { nodes, member }: Node): MemoryCatalog {
  const watchers = new Set<(change: CatalogChange) => void>();
  /** Changes of others that this node has not heard of. */
  let pending: Told[] = [];

  function checkVersion(kind: DocumentKind, name: string, expected: number): void {
    const current = documents.get(documentKey(kind, name))?.version ?? 0;
    if (current !== expected) {
      throw new KBrokerError("version_conflict", `The ${kind} "${name}" has version ${current}, not ${expected}.`, {
        hint: "Read it again, then repeat the change.",
      });
    }
  }

  function flush(): void {
    const heard = pending;
    pending = [];
    for (const { change } of heard) tellAll(change);
  }

  function tellAll(change: CatalogChange): void {
    for (const tell of watchers) tell(structuredClone(change));
  }

  function write(kind: DocumentKind, name: string, document: CatalogDocument | undefined): void {
    const key = documentKey(kind, name);
    const told = { change: { kind, name, document }, before: documents.get(key) };
    if (document === undefined) documents.delete(key);
    else documents.set(key, document);
    tellAll(told.change);
    for (const ears of nodes.others(member)) ears.hear(told);
  }

  /** What this node has heard of, by key. */
  function seen(): ReadonlyMap<string, CatalogDocument> {
    if (pending.length === 0) return documents;
    const before = new Map(documents);
    for (const told of pending.toReversed()) {
      const key = documentKey(told.change.kind, told.change.name);
      if (told.before === undefined) before.delete(key);
      else before.set(key, told.before);
    }
    return before;
  }

  const catalog: Catalog = {
    async get(kind, name) {
      return structuredClone(seen().get(documentKey(kind, name)));
    },
    async list(kind) {
      return [...seen().values()]
        .filter((document) => document.kind === kind)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((document) => structuredClone(document));
    },
    async put(kind, name, value, expected) {
      flush();
      checkVersion(kind, name, expected);
      const document = { kind, name, version: expected + 1, value: structuredClone(value) };
      write(kind, name, document);
      return structuredClone(document);
    },
    async delete(kind, name, expected) {
      flush();
      checkVersion(kind, name, expected);
      write(kind, name, undefined);
    },
    watch(tell) {
      const watcher = (change: CatalogChange) => tell(change);
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    caughtUp: async () => flush(),
  };

  return {
    catalog,
    ears: {
      hear(told) {
        pending.push(told);
        setImmediate(() => {
          if (!member.isHeldBack) flush();
        });
      },
      flush,
    },
  };
}
