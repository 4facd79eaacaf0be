import type { Engine } from "../../src/lib/engine/port.ts";

/** When a process ends by itself: at its `writes`-th write from now on, with that write not done or just done. */
export interface Doom {
  readonly writes: number;
  readonly point: "before" | "after";
}

/** An engine as one process uses it. After the process's end nothing that it asks for happens, and nothing it waits for comes. */
export interface Fence {
  readonly engine: Engine;
  readonly isDead: boolean;
  /** Resolves when the process ends. */
  readonly died: Promise<void>;
  die(): void;
  doom(doom: Doom): void;
  /** Resolves when no call is under way. */
  quiet(): Promise<void>;
}

/** What only reads, or only waits. Everything else of the port makes something durable. */
const READS =
  /\.(get|list|caughtUp|load|read|bounds|shards|offsetAt|changed|due|count|find|resources|want|unwant|leave|status|close)$/;
/** Waits for others, however long: not a call under way. */
const WAITS = /\.(changed|unwant|leave)$/;
/** Computes something, or tells what is known already. */
const PURE = /\.(resourceOf|nodes\.(list|ownerOf)|owners\.confirm)$/;
/** Takes somebody to be told, and answers at once. */
const LISTENS = /\.(handle|watch)$/;
/** A new one each time: whatever waits for one that lived on would live on with it, and a million steps end a million processes. */
const never = () => new Promise<never>(() => {});

/** `turns`: how often in a row nothing may be seen under way before it is quiet; an engine with threads of its own needs more than one. */
export function fence(engine: Engine, turns: number): Fence {
  const death = new AbortController();
  const died = new Promise<void>((resolve) => death.signal.addEventListener("abort", () => resolve()));
  const die = () => death.abort();
  let busy = 0;
  let doom: Doom | undefined;

  /** Whether the process ends at this write. */
  function strike(): Doom["point"] | undefined {
    if (doom === undefined) return undefined;
    doom = { ...doom, writes: doom.writes - 1 };
    return doom.writes === 0 ? doom.point : undefined;
  }

  const read = async (act: () => unknown) => await act();

  async function write(act: () => unknown): Promise<unknown> {
    const point = strike();
    if (point === "before") return die();
    const result = await act();
    if (point === "after") die();
    return result;
  }

  async function call(path: string, act: () => unknown): Promise<unknown> {
    if (death.signal.aborted) return await never();
    const counts = WAITS.test(path) ? 0 : 1;
    busy += counts;
    const [outcome] = await Promise.allSettled([READS.test(path) ? read(act) : write(act)]);
    busy -= counts;
    if (death.signal.aborted) return await never();
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  }

  function guard<T extends object>(target: T, path: string): T {
    const known = new Map<string | symbol, unknown>();
    const guarded = (key: string | symbol): unknown => {
      const [member, at]: [unknown, string] = [Reflect.get(target, key), `${path}.${String(key)}`];
      if (typeof member === "object" && member !== null) return guard(member, at);
      if (typeof member !== "function") return member;
      const apply = (args: readonly unknown[]): unknown => Reflect.apply(member, target, args);
      if (PURE.test(at)) return (...args: readonly unknown[]) => apply(args);
      if (LISTENS.test(at)) return (listener: unknown) => apply([deafened(listener, { signal: death.signal, died })]);
      return (...args: readonly unknown[]) => call(at, () => apply(args));
    };
    return new Proxy(target, {
      get(_, key) {
        if (!known.has(key)) known.set(key, guarded(key));
        return known.get(key);
      },
    });
  }

  return {
    engine: guard(engine, "engine"),
    get isDead() {
      return death.signal.aborted;
    },
    died,
    die,
    doom: (given) => {
      doom = given;
    },
    async quiet() {
      for (let still = 0; still < turns; still = busy === 0 ? still + 1 : 0)
        await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

interface Death {
  readonly signal: AbortSignal;
  readonly died: Promise<void>;
}

/** Whoever is told something hears nothing any more once the process has ended, and whoever told it does not wait for it. */
function deafened(listener: unknown, death: Death): unknown {
  if (typeof listener === "function")
    return (...args: readonly unknown[]): unknown => {
      const heard: unknown = death.signal.aborted ? undefined : Reflect.apply(listener, undefined, args);
      return heard instanceof Promise ? Promise.race([heard, death.died]) : heard;
    };
  if (typeof listener !== "object" || listener === null) return listener;
  return new Proxy(listener, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      return typeof member === "function" ? deafened(member.bind(target), death) : member;
    },
  });
}
