import { KBrokerError } from "../../domain/error.ts";
import type { Catalog, CatalogChange, CatalogDocument, DocumentKind } from "../port.ts";
import type { MemoryStorage } from "./storage.ts";

const documentKey = (kind: DocumentKind, name: string) => `${kind}/${name}`;

export function memoryCatalog({ documents }: MemoryStorage): Catalog {
  const watchers = new Set<(change: CatalogChange) => void>();

  function checkVersion(kind: DocumentKind, name: string, expected: number): void {
    const current = documents.get(documentKey(kind, name))?.version ?? 0;
    if (current !== expected) {
      throw new KBrokerError("version_conflict", `The ${kind} "${name}" has version ${current}, not ${expected}.`, {
        hint: "Read it again, then repeat the change.",
      });
    }
  }

  function tellAll(kind: DocumentKind, name: string, document: CatalogDocument | undefined): void {
    for (const tell of watchers) tell({ kind, name, document: structuredClone(document) });
  }

  return {
    async get(kind, name) {
      return structuredClone(documents.get(documentKey(kind, name)));
    },
    async list(kind) {
      return [...documents.values()]
        .filter((document) => document.kind === kind)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((document) => structuredClone(document));
    },
    async put(kind, name, value, expected) {
      checkVersion(kind, name, expected);
      const document = { kind, name, version: expected + 1, value: structuredClone(value) };
      documents.set(documentKey(kind, name), document);
      tellAll(kind, name, document);
      return structuredClone(document);
    },
    async delete(kind, name, expected) {
      checkVersion(kind, name, expected);
      documents.delete(documentKey(kind, name));
      tellAll(kind, name, undefined);
    },
    watch(tell) {
      const watcher = (change: CatalogChange) => tell(change);
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    caughtUp: async () => {},
  };
}
