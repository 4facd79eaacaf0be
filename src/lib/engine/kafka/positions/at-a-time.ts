/** So much work at one time, and no more. What waits begins in the order in which it came. */
export type AtATime = <T>(work: () => Promise<T>) => Promise<T>;

export function atATime(countMax: number): AtATime {
  const waiting: (() => void)[] = [];
  let underWay = 0;

  return async (work) => {
    // Who ends hands its place on: nobody takes it in between.
    if (underWay < countMax) underWay += 1;
    else await new Promise<void>((begin) => waiting.push(begin));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) underWay -= 1;
      else next();
    }
  };
}
