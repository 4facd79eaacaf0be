import { hash } from "node:crypto";
import type { Report } from "../../../domain/report.ts";
import type { IdInOrder, RememberedId, StateStore, StateWrites } from "../state/store.ts";

/** The ids that callers gave, each with what was stored under it first. Written to the state after the append, never before. */
export interface IdIndex {
  find(key: string): RememberedId | undefined;
  /** Of a durable record. In memory until the next checkpoint. */
  remember(key: string, id: RememberedId): void;
  readonly hasUnsaved: boolean;
  /** What a checkpoint writes; `done` once that is durable. */
  save(nowMs: number): { write: (write: StateWrites) => void; done: () => void };
  count(): number;
}

/** How many more than it adds a checkpoint forgets, so that the index shrinks again after a burst. */
const FORGET_EXTRA = 1_000;

/** Longer ids stand in a key by their hash: a key has a limit, and one that is over it would fail a whole commit. */
const ID_LENGTH_MAX = 256;

export function idText(id: string): string {
  return id.length <= ID_LENGTH_MAX ? id : hash("sha256", id);
}

export function idKey(topicId: string, id: string): string {
  return `${topicId}/${idText(id)}`;
}

export function digestOf(payload: Uint8Array): string {
  return hash("sha256", payload, "base64");
}

export function createIdIndex(store: StateStore, { countMax, report }: { countMax: number; report: Report }): IdIndex {
  let unsaved = new Map<string, RememberedId>();
  let saving = new Map<string, RememberedId>();
  let [first, next] = storedRange(store);
  let toldFull = false;

  /** The oldest that are over the limit or past their window. */
  function toForget(added: number, nowMs: number): { sequence: number; value: IdInOrder }[] {
    const over = next - first + added - countMax;
    const forget: { sequence: number; value: IdInOrder }[] = [];
    const limit = Math.max(over, added + FORGET_EXTRA);
    for (const { key: sequence, value } of store.idOrder.getRange({ start: first, limit })) {
      if (forget.length >= over && value.expiresMs >= nowMs) break;
      if (value.expiresMs >= nowMs) tellFull();
      forget.push({ sequence, value });
    }
    return forget;
  }

  function tellFull(): void {
    if (toldFull) return;
    toldFull = true;
    const message = `More than ${countMax} message ids came within the deduplication window: the oldest are forgotten early.`;
    report("warn", message, { countMax });
  }

  return {
    find: (key) => unsaved.get(key) ?? saving.get(key) ?? store.ids.get(key),
    remember(key, id) {
      unsaved.set(key, id);
      if (unsaved.size <= countMax) return;
      for (const [oldest] of unsaved) {
        unsaved.delete(oldest);
        return;
      }
    },
    get hasUnsaved() {
      return unsaved.size > 0;
    },
    save(nowMs) {
      saving = unsaved;
      unsaved = new Map();
      const added = saving;
      const forget = toForget(added.size, nowMs);
      const firstKept = (forget.at(-1)?.sequence ?? first - 1) + 1;
      let sequence = next;
      return {
        write(write) {
          for (const { sequence: old, value } of forget) {
            write.remove(store.idOrder, old);
            if (store.ids.get(value.key)?.offset === value.offset) write.remove(store.ids, value.key);
          }
          for (const [key, id] of added) {
            write.put(store.ids, key, id);
            write.put(store.idOrder, sequence, { key, offset: id.offset, expiresMs: id.timeMs + id.windowMs });
            sequence += 1;
          }
        },
        done() {
          [first, next] = [firstKept, sequence];
          saving = new Map();
        },
      };
    },
    count: () => next - first + unsaved.size + saving.size,
  };
}

/** The sequence numbers in use: the first, and the one behind the last. */
function storedRange({ idOrder }: StateStore): [first: number, next: number] {
  const [first] = idOrder.getKeys({ limit: 1 });
  const [last] = idOrder.getKeys({ limit: 1, reverse: true });
  return first === undefined || last === undefined ? [0, 0] : [first, last + 1];
}
