import { isIP } from "node:net";
import { buildConnector, Client, type Dispatcher } from "undici";
import type { AddressGuard } from "./address.ts";
import { guardedLookup, type Resolve } from "./lookup.ts";
import { ForbiddenAddress } from "./words.ts";

/** One connection to an origin, one request at a time. undici opens it with the first request, and again when it has gone. */
export interface Line {
  /** Whether an answer came over the connection that is open now. */
  isReused(): boolean;
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void;
  /** The answer was read to its end: the line may serve again. */
  free(): void;
  /** Ends the connection and whatever runs on it. */
  destroy(): void;
}

/** Connections by origin, the last one used first. There is one for each push in flight, so the windows are the limit. */
export interface Lines {
  take(origin: string): Line;
  /** One on which nothing was sent yet. */
  fresh(origin: string): Line;
  close(): Promise<void>;
}

export interface LinesOptions {
  readonly guard: AddressGuard;
  readonly resolve: Resolve;
  readonly connectTimeoutMs: number;
}

/** Idle connections kept for an origin; a window is never larger. */
const IDLE_LINES_MAX = 1_000;

export function openLines({ guard, resolve, connectTimeoutMs }: LinesOptions): Lines {
  const idle = new Map<string, Line[]>();
  const clients = new Set<Client>();
  const lookup = guardedLookup(resolve, guard);
  const connect = buildConnector({ timeout: connectTimeoutMs, lookup, autoSelectFamily: true });

  /** A literal address is not looked up, so it is checked here. */
  function guardedConnect(options: buildConnector.Options, callback: buildConnector.Callback): void {
    const problem = isIP(options.hostname) === 0 ? undefined : guard.problem(options.hostname);
    if (problem === undefined) connect(options, callback);
    else callback(new ForbiddenAddress(problem), null);
  }

  function fresh(origin: string): Line {
    let [answers, isIdle] = [0, false];
    const client = new Client(origin, {
      pipelining: 1,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect(options, callback) {
        answers = 0;
        guardedConnect(options, callback);
      },
    });
    clients.add(client);
    const line: Line = {
      isReused: () => answers > 0,
      dispatch(options, handler) {
        isIdle = false;
        client.dispatch(options, handler);
      },
      free() {
        answers += 1;
        isIdle = true;
        const others = idle.get(origin) ?? [];
        idle.set(origin, others);
        others.push(line);
        if (others.length > IDLE_LINES_MAX) line.destroy();
      },
      destroy() {
        clients.delete(client);
        forget(origin, line);
        void client.destroy();
      },
    };
    client.on("disconnect", () => {
      if (isIdle) line.destroy();
    });
    return line;
  }

  function forget(origin: string, line: Line): void {
    const others = idle.get(origin);
    const index = others?.indexOf(line) ?? -1;
    if (index >= 0) others?.splice(index, 1);
    if (others?.length === 0) idle.delete(origin);
  }

  return {
    take: (origin) => idle.get(origin)?.pop() ?? fresh(origin),
    fresh,
    async close() {
      idle.clear();
      await Promise.all(Array.from(clients, (client) => client.destroy()));
      clients.clear();
    },
  };
}
