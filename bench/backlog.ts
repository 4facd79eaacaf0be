import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { openEmbeddedEngine } from "../src/lib/engine/embedded/engine.ts";
import type { Engine } from "../src/lib/engine/port.ts";
import { type OpenBroker, openBroker } from "../src/lib/open-broker.ts";
import { systemClock as clock } from "../src/lib/system-clock.ts";

const CALL_COUNT = 5_000;
/** Each call waits for a sync; with a few under way the disk is never idle. */
const CALLS = 3;
/** Half of what a segment holds at most: what a start finds on average. */
const NEWEST_BYTES = 32 * 1_048_576;
const NEWEST_BYTES_MAX = 36 * 1_048_576;
const PAYLOAD = new TextEncoder().encode(JSON.stringify({ orderId: "1", note: "x".repeat(75) }));

export function openEngine(dir: string): Promise<Engine> {
  return openEmbeddedEngine({ dir, clock, report: () => {}, onFatal: fail });
}

export function openServed(dataDir: string): Promise<OpenBroker> {
  return openBroker({
    version: "bench",
    listen: { host: "127.0.0.1", port: 0, insecure: false },
    allowedHosts: [],
    storage: { dataDir, acceptLoss: false },
    log: { write: () => {}, human: true },
    onFatal: fail,
  });
}

/** One admin call. Any answer but a good one ends the bench. */
export async function admin(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}/admin/v1${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const reply: unknown = await answer.json();
  if (!answer.ok || !isObject(reply))
    throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(reply)}`);
  return reply;
}

/**
 * A data directory with one topic of so many messages of 100 bytes, straight through the engine, and two paused subscriptions: `behind` has
 * them all before it, `done` has them all behind it. Leaves the engine open.
 */
export async function buildBacklog(dir: string, count: number): Promise<Engine> {
  const before = await openServed(dir);
  const { id } = await admin(before.url, "POST", "/topics", { name: "orders" });
  await subscribe(before.url, "behind");
  await before.close();
  const engine = await openEngine(dir);
  await append(engine, String(id), count);
  await engine.close();
  const after = await openServed(dir);
  await subscribe(after.url, "done");
  await after.close();
  return openEngine(dir);
}

/**
 * A start reads the newest segment through, and how full that one is, is chance: here it is half full, whatever lies before, with messages of
 * a topic of their own.
 */
export async function fillNewest(dir: string): Promise<void> {
  const broker = await openServed(dir);
  const { id } = await admin(broker.url, "POST", "/topics", { name: "filler" });
  await broker.close();
  const engine = await openEngine(dir);
  const isHalfFull = async () => {
    const bytes = await newestBytes(join(dir, "journal"));
    return bytes >= NEWEST_BYTES && bytes <= NEWEST_BYTES_MAX;
  };
  while (!(await isHalfFull())) await append(engine, String(id), CALL_COUNT);
  await engine.close();
}

async function newestBytes(journal: string): Promise<number> {
  const newest = (await readdir(journal)).filter((name) => name.endsWith(".segment")).sort();
  return (await stat(join(journal, newest.at(-1) ?? ""))).size;
}

async function subscribe(url: string, name: string): Promise<void> {
  await admin(url, "POST", "/subscriptions", { name, topic: "orders", endpoint: "http://127.0.0.1:9/nobody" });
  await admin(url, "POST", `/subscriptions/${name}/pause`);
}

async function append({ log }: Engine, topicId: string, count: number): Promise<void> {
  let left = count;
  const work = async () => {
    while (left > 0) {
      const size = Math.min(CALL_COUNT, left);
      left -= size;
      const id = (index: number) => `message-${left + index}`;
      const messages = Array.from({ length: size }, (_, index) => ({
        id: id(index),
        attributes: [],
        payload: PAYLOAD,
      }));
      await log.append(topicId, messages);
    }
  };
  await Promise.all(Array.from({ length: CALLS }, work));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function fail(error: Error): void {
  throw error;
}
