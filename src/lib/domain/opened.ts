/** What has to be closed again, in the order in which it was opened. */
export interface Opened {
  /** Returns `part`; `close` runs when everything is closed. */
  add<T>(part: T, close: (part: T) => Promise<void>): T;
  /** The last one first, each even when another fails. Fails with the first failure. Calling it twice closes once. */
  close(): Promise<void>;
}

export function createOpened(): Opened {
  const closers: (() => Promise<void>)[] = [];
  let closing: Promise<void> | undefined;
  return {
    add(part, close) {
      closers.push(() => close(part));
      return part;
    },
    close() {
      closing ??= closeAll(closers.toReversed());
      return closing;
    },
  };
}

async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closers) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
