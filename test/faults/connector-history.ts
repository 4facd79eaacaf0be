import { isDeepStrictEqual } from "node:util";
import type { TopicMessage } from "../../src/lib/api/topic-message.ts";
import { eventOf, type Row } from "../support/shop.ts";
import type { Audited, TableOfLoad } from "./connector-load.ts";

/** What happened to one key, in its order. */
export type History = readonly Step[];

interface Step {
  readonly op: string;
  /** The row afterwards; of a table with its full identity, the row before as well. */
  readonly before?: Row | null;
  readonly after: Row | null;
}

const KEYS: Readonly<Record<TableOfLoad, readonly string[]>> = {
  orders: ["id"],
  items: ["order_id", "line"],
  accounts: ["code"],
};
/** Its events hold the whole row as it was. */
const FULL: TableOfLoad = "accounts";

/** What the database's triggers saw of the table, by key; an update of a key ends one history and goes on in another. */
export function committedHistories(table: TableOfLoad, changes: readonly Audited[]): ReadonlyMap<string, History> {
  return byKey(changes.filter((change) => change.table === table).flatMap((change) => stepsOf(table, change)));
}

function stepsOf(table: TableOfLoad, { op, old, new: row }: Audited): readonly (readonly [string, Step])[] {
  const [oldKey, key] = [keyOf(table, old), keyOf(table, row)];
  const seen = (before: Row | null) => (table === FULL ? { before } : {});
  if (op === "u" && oldKey === key) return [[key, { op: "u", after: row, ...seen(old) }]];
  const gone = [oldKey, { op: "d", after: null, ...seen(old) }] as const;
  const made = [key, { op: "c", after: row, ...seen(null) }] as const;
  return op === "d" ? [gone] : op === "i" ? [made] : [gone, made];
}

function keyOf(table: TableOfLoad, row: Row | null): string {
  const [first = "", ...others] = row === null ? [] : KEYS[table].map((column) => String(row[column]));
  return others.length === 0 ? first : JSON.stringify([first, ...others]);
}

/** What the table's topic holds, by key. */
export function publishedHistories(
  table: TableOfLoad,
  messages: readonly TopicMessage[],
): ReadonlyMap<string, History> {
  return byKey(
    messages.map((message) => {
      const { op, before, after } = eventOf(message);
      return [message.key ?? "", { op, after, ...(table === FULL && { before }) }];
    }),
  );
}

function byKey(steps: readonly (readonly [string, Step])[]): ReadonlyMap<string, History> {
  const histories = new Map<string, Step[]>();
  for (const [key, step] of steps) {
    const history = histories.get(key);
    if (history === undefined) histories.set(key, [step]);
    else history.push(step);
  }
  return histories;
}

/** Keys whose history is another one: a change lost, doubled, of an aborted transaction, out of order or with another content. */
export function differences(
  committed: ReadonlyMap<string, History>,
  published: ReadonlyMap<string, History>,
): readonly { readonly key: string; readonly committed?: History; readonly published?: History }[] {
  const keys = new Set([...committed.keys(), ...published.keys()]);
  return [...keys].flatMap((key) => {
    const [one, other] = [committed.get(key), published.get(key)];
    if (isDeepStrictEqual(one, other)) return [];
    return [{ key, ...(one && { committed: one }), ...(other && { published: other }) }];
  });
}
