import { messageOf } from "../../../domain/error.ts";
import type { NewRecord } from "../producing.ts";
import { type DocumentChange, type DocumentKey, decodeRecord, encodeChange, keyText } from "./document-record.ts";
import { createDocuments, type FoldedDocument } from "./documents.ts";
import type { StateRecord } from "./follow.ts";
import { createNonces } from "./nonces.ts";
import { SLOTS } from "./slots.ts";
import { openStateTopic, type StateTopicOptions } from "./state-topic.ts";
import { startTidying } from "./tidy.ts";

export type DocumentLogOptions = Pick<StateTopicOptions, "wire" | "producing" | "report" | "name">;

/** Documents of any kind with versions, in one partition of a compacted topic. */
export interface DocumentLog {
  get(kind: string, name: string): FoldedDocument | undefined;
  list(kind: string): readonly FoldedDocument[];
  /**
   * Writes on top of what is there at `expected` (0: nothing), `undefined`: deletes it. Resolves once this node knows what became of it:
   * `false`, somebody else was first. Fails where nobody knows.
   */
  change(kind: string, name: string, { value, expected }: NewVersion): Promise<boolean>;
  caughtUp(): Promise<void>;
  /** As `StateTopic.outage`. */
  outage(): string | undefined;
  /** Clears what is of no use any more of the documents `<kind>/<name>`; done by itself in time. */
  clear(names: ReadonlySet<string>): Promise<void>;
  watch(tell: (kind: string, name: string, document: FoldedDocument | undefined) => void): () => void;
  close(): Promise<void>;
}

export interface NewVersion {
  /** JSON; `undefined`: none any more. */
  readonly value: unknown;
  readonly expected: number;
}

const PARTITION = 0;

/** Resolves once everything is read that was durable when it was called. */
export async function openDocumentLog(options: DocumentLogOptions): Promise<DocumentLog> {
  const documents = createDocuments();
  const nonces = createNonces();
  /** What this node writes right now, and whether it did what it was to do. */
  const pending = new Map<string, boolean>();
  const watchers = new Set<(kind: string, name: string, document: FoldedDocument | undefined) => void>();
  const tidying = startTidying({ clock: options.wire.clock, report: options.report, clear });
  const opening = openStateTopic({ ...options, partitions: 1, slot: SLOTS.catalog, apply });
  const topic = await opening.catch(closing);

  async function closing(error: unknown): Promise<never> {
    await tidying.close();
    throw error;
  }

  function apply({ key, value, offset }: StateRecord): void {
    const record = decodeRecord(key, value);
    const { kind, name, nonce } = record;
    const { isApplied, isChanged, isUntidy } = documents.apply(record, offset);
    if (isApplied && pending.has(nonce)) pending.set(nonce, true);
    if (isUntidy) tidying.note(`${kind}/${name}`, nonces.isOwn(nonce));
    else tidying.forget(`${kind}/${name}`);
    if (isChanged) for (const tell of watchers) told(tell, kind, name);
  }

  /** A watcher that fails is no fault of the record's, and keeps no other one from hearing. */
  function told(
    tell: (kind: string, name: string, document: FoldedDocument | undefined) => void,
    ...of: [string, string]
  ) {
    try {
      tell(...of, documents.get(...of));
    } catch (error) {
      options.report("error", `What hears changes of the ${of.join(" ")} failed.`, { cause: messageOf(error) });
    }
  }

  /** Each time that the record is written it is another one: a second one loses, and cannot take the first one's place. */
  async function write(kind: string, name: string, version: number, change: Exclude<DocumentChange, { op: "clear" }>) {
    const value = encodeChange(change, `The ${kind} "${name}"`);
    const mine: string[] = [];
    const key = () => {
      const nonce = nonces.next();
      mine.push(nonce);
      pending.set(nonce, false);
      return bytesOf({ kind, name, version, nonce });
    };
    try {
      await topic.write(PARTITION, [{ key, value }]);
      return mine.some((nonce) => pending.get(nonce));
    } finally {
      for (const nonce of mine) pending.delete(nonce);
    }
  }

  async function clear(names: ReadonlySet<string>): Promise<void> {
    // What is garbage is known at the end of the log only: on the way to it, what shows that may already be compacted away.
    await topic.caughtUp();
    const each = Array.from(names, (text) => {
      const [kind = "", ...name] = text.split("/");
      return documents.garbage(kind, name.join("/"));
    });
    for (const step of [0, 1, 2]) {
      const keys = each.flatMap((steps) => steps[step] ?? []);
      await topic.write(
        PARTITION,
        keys.map((key): NewRecord => ({ key: bytesOf(key), value: null })),
      );
    }
  }

  async function close(): Promise<void> {
    await tidying.close();
    topic.close();
  }

  try {
    await topic.caughtUp();
  } catch (error) {
    await close();
    throw error;
  }

  return {
    get: documents.get,
    list: documents.list,
    async change(kind, name, { value, expected }) {
      const isExpected = () => (documents.get(kind, name)?.version ?? 0) === expected;
      if (!isExpected()) await topic.caughtUp();
      if (!isExpected()) return false;
      const of = documents.get(kind, name)?.life;
      if (of === undefined) return value !== undefined && write(kind, name, 1, { op: "create", value });
      const change = value === undefined ? ({ op: "delete", of } as const) : ({ op: "update", of, value } as const);
      return write(kind, name, expected + 1, change);
    },
    caughtUp: () => topic.caughtUp(),
    outage: () => topic.outage(),
    clear,
    watch(tell) {
      const watcher: typeof tell = (...change) => tell(...change);
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    close,
  };
}

function bytesOf(key: DocumentKey): Uint8Array {
  return Buffer.from(keyText(key));
}
