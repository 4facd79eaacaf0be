/** Runs steps of one key one after the other, in the order they came; a step that failed does not hold up the next. */
export interface InTurn {
  run<T>(key: string, step: () => Promise<T>): Promise<T>;
  /** Keys that have a step running or waiting. */
  busy(): Iterable<string>;
  /** Resolves when every step given so far has ended, however it ended. */
  ended(): Promise<unknown>;
}

export function inTurn(): InTurn {
  const last = new Map<string, Promise<unknown>>();
  return {
    run(key, step) {
      const result = (last.get(key) ?? Promise.resolve()).then(step);
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
