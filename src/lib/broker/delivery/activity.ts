/** What runs right now, so that a test can wait until nothing does. Waiting for time or for new messages is not activity. */
export interface Activity {
  begin(): void;
  end(): void;
  /** Counts `work` while it runs. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Within what counts: does not count while it waits for `time`. */
  outside(time: Promise<void>): Promise<void>;
  isQuiet(): boolean;
  /** Resolves when nothing runs. */
  quiet(): Promise<void>;
}

/** Counts what it is told in `outer`, too: a part of it whose end can be waited for. */
export function activityIn(outer: Activity): Activity {
  const own = activity();
  return {
    begin() {
      own.begin();
      outer.begin();
    },
    end() {
      own.end();
      outer.end();
    },
    during: (work) => outer.during(own.during(work)),
    outside: (time) => outer.outside(own.outside(time)),
    isQuiet: () => own.isQuiet(),
    quiet: () => own.quiet(),
  };
}

export function activity(): Activity {
  let running = 0;
  let waiting: (() => void)[] = [];

  function end(): void {
    running -= 1;
    if (running > 0 || waiting.length === 0) return;
    const wake = waiting;
    waiting = [];
    for (const resolve of wake) resolve();
  }

  return {
    begin() {
      running += 1;
    },
    end,
    async during(work) {
      running += 1;
      return await work.finally(end);
    },
    async outside(time) {
      end();
      await time;
      running += 1;
    },
    isQuiet: () => running === 0,
    async quiet() {
      while (running > 0) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}
