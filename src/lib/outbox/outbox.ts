import { lookup } from "node:dns/promises";
import type { Clock } from "../domain/clock.ts";
import type { CheckEndpoint, Outcome, Post } from "../domain/delivery.ts";
import { addressGuard } from "./address.ts";
import { endpointProblem, hostOf } from "./endpoint.ts";
import { Exchange, type Request, type Target } from "./exchange.ts";
import { openLines } from "./lines.ts";
import type { Resolve } from "./lookup.ts";
import { runningExchanges } from "./running.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const CHECK_TIMEOUT_MS = 5_000;
/** Endpoints whose parts are remembered: parsing one costs a good part of a push. */
const TARGETS_MAX = 10_000;

export interface OutboxOptions {
  readonly clock: Clock;
  /** Given by tests. */
  readonly resolve?: Resolve;
  readonly connectTimeoutMs?: number;
}

/** The one way out to consumers: undici, never `fetch`; no redirect is followed; bodies go out byte for byte. */
export interface Outbox {
  readonly post: Post;
  readonly checkEndpoint: CheckEndpoint;
  /** Why nothing can ever be pushed to this endpoint, in words; `undefined` when it may be tried. */
  readonly endpointProblem: (endpoint: string) => string | undefined;
  /** Ends every connection; what is in flight is unavailable. */
  close(): Promise<void>;
}

export function openOutbox({ clock, resolve = lookup, connectTimeoutMs = CONNECT_TIMEOUT_MS }: OutboxOptions): Outbox {
  const guard = addressGuard();
  const lines = openLines({ guard, resolve, connectTimeoutMs });
  const running = runningExchanges(clock);
  const problemOf = (endpoint: string) => endpointProblem(endpoint, guard);
  const targetOf = remembered((endpoint) => problemOf(endpoint) ?? parse(endpoint, connectTimeoutMs));
  const surroundings = {
    lines,
    nowMs: () => clock.monotonic(),
    over: (exchange: Exchange) => running.delete(exchange),
  };

  function send(request: Request): Promise<Outcome> {
    return new Promise((resolveOutcome) => {
      const exchange = new Exchange(surroundings, request, resolveOutcome);
      running.add(exchange);
      exchange.start();
    });
  }

  const post: Post = ({ endpoint, headers, body, timeoutMs }, signal) => {
    const target = targetOf(endpoint);
    if (signal.aborted)
      return Promise.resolve({ kind: "unavailable", reason: "its caller stopped waiting", tookMs: 0 });
    if (typeof target === "string") return unreachable(target);
    return send({ target, timeoutMs, signal, options: { method: "POST", path: target.path, headers, body } });
  };

  const checkEndpoint: CheckEndpoint = (endpoint) => {
    const target = targetOf(endpoint);
    if (typeof target === "string") return unreachable(target);
    const options = { method: "OPTIONS", path: target.path };
    const { signal } = new AbortController();
    return send({ target, timeoutMs: CHECK_TIMEOUT_MS, signal, options });
  };

  return {
    post,
    checkEndpoint,
    endpointProblem: problemOf,
    async close() {
      running.close();
      await lines.close();
    },
  };
}

/** Nothing may be sent there, whoever listens: people have to mend that. */
function unreachable(reason: string): Promise<Outcome> {
  return Promise.resolve({ kind: "connection", reason, tookMs: 0, fault: "dns" });
}

function parse(endpoint: string, connectTimeoutMs: number): Target {
  const url = new URL(endpoint);
  const standard = url.protocol === "https:" ? 443 : 80;
  const port = url.port === "" ? standard : Number(url.port);
  return { origin: url.origin, path: url.pathname + url.search, place: { host: hostOf(url), port, connectTimeoutMs } };
}

function remembered<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    if (known.size >= TARGETS_MAX) known.clear();
    const value = make(key);
    known.set(key, value);
    return value;
  };
}
