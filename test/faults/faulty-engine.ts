import { KBrokerError } from "../../src/lib/domain/error.ts";
import type { Engine } from "../../src/lib/engine/port.ts";
import { deferred } from "../support/promises.ts";

export type Call =
  | "catalog.put"
  | "log.append"
  | "log.read"
  | "log.bounds"
  | "cursors.load"
  | "cursors.commit"
  | "parked.load"
  | "parked.put"
  | "schedules.put"
  | "schedules.due"
  | "schedules.remove"
  | "reports.report"
  | "reports.read";

export interface Fault {
  readonly call: Call;
  /** Only calls on this topic id, subscription id or document name. Left out: all. */
  readonly on?: string;
  /** So many calls go on before it meets one. */
  readonly skip?: number;
  /** How many calls it meets. Left out: all until it is lifted. */
  readonly times?: number;
  /** `before`: nothing happens. `after`: it happens, and the caller is told that it failed. */
  readonly point?: "before" | "after";
  readonly error?: Error;
}

export interface Held {
  /** Resolves when a call has arrived and waits. */
  readonly arrived: Promise<void>;
  /** Lets the calls that wait, and all later ones, go on. */
  letGo(): void;
  /** Fails the calls that wait; later ones go on. */
  fail(error?: Error): void;
}

export interface FaultyEngine extends Engine {
  /** The returned function lifts the fault. */
  fail(fault: Fault): () => void;
  /** Makes calls wait before they do anything. */
  hold(fault: Pick<Fault, "call" | "on" | "skip">): Held;
}

interface Rule extends Fault {
  left: number;
  toSkip: number;
  strike(): Promise<void>;
}

/** Any engine, with chosen calls that fail or hang. */
export function faultyEngine(engine: Engine): FaultyEngine {
  const rules = new Set<Rule>();

  function add(fault: Fault, strike: () => Promise<void>): () => void {
    const rule = { ...fault, left: fault.times ?? Number.POSITIVE_INFINITY, toSkip: fault.skip ?? 0, strike };
    rules.add(rule);
    return () => void rules.delete(rule);
  }

  async function strike(call: Call, on: string, point: "before" | "after"): Promise<void> {
    const meets = (rule: Rule) =>
      rule.call === call && (rule.on ?? on) === on && (rule.point ?? "before") === point && rule.left > 0;
    for (const rule of [...rules].filter(meets)) {
      rule.toSkip -= 1;
      if (rule.toSkip >= 0) continue;
      rule.left -= 1;
      await rule.strike();
    }
  }

  async function through<T>(call: Call, on: string, act: () => Promise<T>): Promise<T> {
    await strike(call, on, "before");
    const result = await act();
    await strike(call, on, "after");
    return result;
  }

  return {
    ...engine,
    ...guarded(engine, through),
    fail: (fault) => {
      const error = fault.error ?? new KBrokerError("disk_full", `A test made ${fault.call} fail.`);
      return add(fault, () => Promise.reject(error));
    },
    hold: (fault) => {
      const [arrived, gate] = [deferred(), deferred()];
      const lift = add(fault, () => {
        arrived.resolve();
        return gate.promise;
      });
      gate.promise.catch(() => {}); // It may fail with nobody waiting; whoever waits has the error.
      return {
        arrived: arrived.promise,
        letGo: () => {
          lift();
          gate.resolve();
        },
        fail: (error = new KBrokerError("disk_full", `A test made ${fault.call} fail.`)) => {
          lift();
          gate.reject(error);
        },
      };
    },
  };
}

type Through = <T>(call: Call, on: string, act: () => Promise<T>) => Promise<T>;

function guarded({ catalog, log, cursors, parked, schedules, reports }: Engine, through: Through) {
  return {
    catalog: {
      ...catalog,
      put: (...args: Parameters<typeof catalog.put>) => through("catalog.put", args[1], () => catalog.put(...args)),
    },
    log: {
      ...log,
      append: (...args: Parameters<typeof log.append>) => through("log.append", args[0], () => log.append(...args)),
      read: (...args: Parameters<typeof log.read>) => through("log.read", args[0].topicId, () => log.read(...args)),
      bounds: (...args: Parameters<typeof log.bounds>) =>
        through("log.bounds", args[0].topicId, () => log.bounds(...args)),
    },
    cursors: {
      ...cursors,
      load: (...args: Parameters<typeof cursors.load>) => through("cursors.load", args[0], () => cursors.load(...args)),
      commit: (...args: Parameters<typeof cursors.commit>) =>
        through("cursors.commit", args[0].resource, () => cursors.commit(...args)),
    },
    parked: {
      load: (...args: Parameters<typeof parked.load>) =>
        through("parked.load", args[0].resource, () => parked.load(...args)),
      put: (...args: Parameters<typeof parked.put>) =>
        through("parked.put", args[0].resource, () => parked.put(...args)),
    },
    schedules: {
      ...schedules,
      put: (...args: Parameters<typeof schedules.put>) =>
        through("schedules.put", args[0].topicId, () => schedules.put(...args)),
      due: (...args: Parameters<typeof schedules.due>) =>
        through("schedules.due", args[0].resource, () => schedules.due(...args)),
      remove: (...args: Parameters<typeof schedules.remove>) =>
        through("schedules.remove", args[0].resource, () => schedules.remove(...args)),
    },
    reports: {
      report: (...args: Parameters<typeof reports.report>) =>
        through("reports.report", args[0].resource, () => reports.report(...args)),
      read: (...args: Parameters<typeof reports.read>) => through("reports.read", args[0], () => reports.read(...args)),
    },
  };
}
