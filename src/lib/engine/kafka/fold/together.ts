/** Calls that come while one is under way share the next one: each is answered by one that began after it was made. */
export function together<T>(load: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    if (next !== undefined) return next;
    const begun = running.then(() => {
      next = undefined;
      return load();
    });
    running = begun.catch(() => undefined);
    next = begun;
    return begun;
  };
}
