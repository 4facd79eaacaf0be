import type { ConnectorReply } from "../api/connector.ts";

type Progress = NonNullable<ConnectorReply["snapshotProgress"]>;

/** How many percent are read; never 100 before it is done, since how many rows there are is an estimate. `undefined`: nobody knows. */
export function snapshotShare(tables: Progress): number | undefined {
  if (tables.every(({ done }) => done)) return 100;
  const [read, expected] = [rowsRead(tables), rowsExpected(tables)];
  if (expected === undefined) return undefined;
  return expected === 0 ? 0 : Math.min(99, Math.floor((read / expected) * 100));
}

export function rowsRead(tables: Progress): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}

/** Of all tables: what is read counts where it is done, or is more than was expected. */
function rowsExpected(tables: Progress): number | undefined {
  const all = tables.map(({ rows, rowsExpected: expected, done }) => {
    if (done) return rows;
    return expected === null ? undefined : Math.max(rows, expected);
  });
  return all.includes(undefined) ? undefined : all.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/** An earlier look at the same snapshot: what was read since then says how fast it goes. */
export interface EarlierLook {
  readonly rows: number;
  readonly atMs: number;
}

/** How long the rest takes at the pace since an earlier look; `undefined`: it cannot be told. */
export function snapshotLeftMs(tables: Progress, nowMs: number, earlier: EarlierLook | undefined): number | undefined {
  const [read, expected] = [rowsRead(tables), rowsExpected(tables)];
  if (earlier === undefined || expected === undefined || read <= earlier.rows || nowMs <= earlier.atMs)
    return undefined;
  return ((expected - read) * (nowMs - earlier.atMs)) / (read - earlier.rows);
}
