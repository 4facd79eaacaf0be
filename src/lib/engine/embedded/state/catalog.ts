import { KBrokerError } from "../../../domain/error.ts";
import { inTurn } from "../../../domain/in-turn.ts";
import type { Catalog, CatalogChange, CatalogDocument, DocumentKind } from "../../port.ts";
import { BEHIND_ALL_TEXT, type StateStore } from "./store.ts";

/**
 * Documents are read from the state itself, which shows only what is durable; writers take turns. `checkRoom` fails while the disk has
 * too little for anything new: what exists may still be changed, as the room that is kept is for that.
 */
/** Far above what a name may be; a key has a limit, and one that is over it would fail a whole commit. */
const NAME_LENGTH_MAX = 500;

export function createCatalog(store: StateStore, checkRoom: () => Promise<void>): Catalog {
  const watchers = new Set<(change: CatalogChange) => void>();
  const writing = inTurn();

  function read(kind: DocumentKind, name: string): CatalogDocument | undefined {
    const stored = store.catalog.get([kind, name]);
    return stored === undefined ? undefined : { kind, name, ...stored };
  }

  function expect(kind: DocumentKind, name: string, expected: number): void {
    const version = read(kind, name)?.version ?? 0;
    if (version === expected) return;
    const message = `The ${kind} "${name}" is at version ${version}, not ${expected}: somebody else changed it.`;
    throw new KBrokerError("version_conflict", message, { hint: "Look at it again, then repeat the command." });
  }

  function tell(change: CatalogChange): void {
    for (const watcher of watchers) watcher(change);
  }

  return {
    get: async (kind, name) => read(kind, name),
    async list(kind) {
      const entries = store.catalog.getRange({ start: [kind, ""], end: [kind, BEHIND_ALL_TEXT] });
      const documents = [...entries].map(({ key: [, name], value }) => ({ kind, name, ...value }));
      return documents.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async put(kind, name, given, expected) {
      checkLength(kind, name);
      const value: unknown = structuredClone(given);
      return writing(async () => {
        expect(kind, name, expected);
        if (expected === 0) await checkRoom();
        await store.commit((write) => write.put(store.catalog, [kind, name], { version: expected + 1, value }));
        const document = read(kind, name);
        if (document === undefined)
          throw new KBrokerError("internal", `The ${kind} "${name}" is gone after its write.`);
        tell({ kind, name, document });
        return document;
      });
    },
    delete: (kind, name, expected) =>
      writing(async () => {
        expect(kind, name, expected);
        if (expected === 0) return;
        await store.commit((write) => write.remove(store.catalog, [kind, name]));
        tell({ kind, name, document: undefined });
      }),
    watch(watcher) {
      const own = (change: CatalogChange) => watcher(change);
      watchers.add(own);
      return () => void watchers.delete(own);
    },
    caughtUp: async () => {},
  };
}

function checkLength(kind: DocumentKind, name: string): void {
  if (name.length <= NAME_LENGTH_MAX) return;
  throw new KBrokerError("invalid_request", `The name of a ${kind} has at most ${NAME_LENGTH_MAX} characters.`);
}
