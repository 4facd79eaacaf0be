/** Runs what it is given one after the other, in the order given; a failure is the caller's and stops nobody else. */
export function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let before: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = before.then(work);
    before = result.catch(() => undefined);
    return result;
  };
}

/** The same for each key apart. */
export interface InTurnByKey {
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** Keys that have something running or waiting. */
  busy(): Iterable<string>;
  /** Resolves when everything given so far has ended, however it ended. */
  ended(): Promise<unknown>;
}

export function inTurnByKey(): InTurnByKey {
  const last = new Map<string, Promise<unknown>>();
  return {
    run(key, work) {
      const result = (last.get(key) ?? Promise.resolve()).then(work);
      const turn = Promise.allSettled([result]).then(() => {
        if (last.get(key) === turn) last.delete(key);
      });
      last.set(key, turn);
      return result;
    },
    busy: () => last.keys(),
    ended: () => Promise.all(last.values()),
  };
}
