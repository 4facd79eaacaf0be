import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { NodeConfig } from "../src/lib/open-broker.ts";
import type { KafkaStorage, Storage } from "../src/lib/open-engine.ts";
import { ask, leave, run } from "./processes.ts";
import { median } from "./stats.ts";

/** `npm run bench:kafka-… [short]`: to try it. */
export const isShort = process.argv[3] === "short";

const UNTIL_MS_MAX = 120_000;

export interface Kafka {
  readonly storage: KafkaStorage;
  /** Of its processes, since they began. */
  cpuUs(): Promise<number>;
}

/** A Kafka of one node for this bench alone; gone afterwards, whatever happens. */
export async function withKafka(work: (kafka: Kafka) => Promise<void>): Promise<void> {
  // From its source: it looks for files that lie beside it.
  const host = fork(fileURLToPath(new URL("../../../bench/kafka-host.ts", import.meta.url)), [], {
    execArgv: ["--import", "tsx"],
  });
  try {
    const { brokers, pids } = await first(host);
    if (!Array.isArray(brokers) || !Array.isArray(pids)) throw new Error("No Kafka was started.");
    const settings = { brokers: brokers.map(address), clientId: "bench", tls: null, sasl: null };
    const cpuUs = async () => {
      const each = await Promise.all(pids.map((pid) => cpuOf(Number(pid))));
      return each.reduce((sum, us) => sum + us, 0);
    };
    await work({ storage: { engine: "kafka", settings }, cpuUs });
  } finally {
    await leave(host);
  }
}

/** A broker in a process of its own. */
export interface Node {
  readonly child: ChildProcess;
  readonly url: string;
  cpuUs(): Promise<number>;
  /** After a collection of garbage. */
  memory(): Promise<{ readonly heapMib: number; readonly rssMib: number }>;
  /** What came from Kafka over all its connections, and how many of these are open. */
  wire(): Promise<{ readonly receivedBytes: number; readonly sockets: number }>;
  /** Cleanly. */
  stop(): Promise<void>;
}

export interface NodeOptions {
  readonly storage: Storage;
  readonly node?: NodeConfig;
}

export async function startNode(options: NodeOptions): Promise<Node> {
  const child = run("kafka-node", JSON.stringify(options));
  const { url } = await first(child);
  const number = async (what: string, name: string) => Number((await ask(child, what))[name]);
  return {
    child,
    url: String(url),
    cpuUs: () => number("cpu", "cpuUs"),
    async memory() {
      const { heapMib, rssMib } = await ask(child, "memory");
      return { heapMib: Number(heapMib), rssMib: Number(rssMib) };
    },
    async wire() {
      const { receivedBytes, sockets } = await ask(child, "wire");
      return { receivedBytes: Number(receivedBytes), sockets: Number(sockets) };
    },
    async stop() {
      await ask(child, "stop");
      await leave(child);
    },
  };
}

/** The first that it tells; an error where it ends before that. */
async function first(child: ChildProcess): Promise<Record<string, unknown>> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`A part of the bench ended with ${code} before it was ready.`);
  });
  const [told] = await Promise.race([once(child, "message"), ended]);
  return told;
}

/** `met` says which side of the goal is the good one. */
export function against(ratios: readonly number[], goal: number): string {
  const ratio = median(ratios);
  const range = `rounds ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  return `ratio ${ratio.toFixed(2)} (goal at least ${goal}: ${ratio >= goal ? "met" : "missed"}; ${range})`;
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Looks again and again. What does not come about ends the bench. */
export async function until(is: () => Promise<boolean>, pauseMs = 20): Promise<void> {
  const endMs = performance.now() + UNTIL_MS_MAX;
  while (!(await is())) {
    if (performance.now() > endMs) throw new Error("What the bench waits for does not come.");
    await new Promise((wake) => setTimeout(wake, pauseMs));
  }
}

/** A POST with a body as it is. Any answer but a good one ends the bench. */
export async function post(url: string, body: Uint8Array): Promise<void> {
  const answer = await fetch(url, { method: "POST", body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} was answered ${answer.status}: ${text.slice(0, 200)}`);
}

const BATCH = 200;
const PUBLISHERS = 4;

/** So many messages of 1 KB, in batches. */
export async function publish(url: string, topic: string, count: number): Promise<void> {
  const line = `${JSON.stringify({ payload: { orderId: "1", note: "x".repeat(999) } })}\n`;
  let left = count;
  const work = async () => {
    while (left > 0) {
      const size = Math.min(BATCH, left);
      left -= size;
      await post(`${url}/publish/${topic}/batch`, Buffer.from(line.repeat(size)));
    }
  };
  await Promise.all(Array.from({ length: PUBLISHERS }, work));
}

function address(text: unknown) {
  const [host = "", port] = String(text).split(":");
  return { host, port: Number(port) };
}

const TICKS_PER_S = 100;

/** Of a process and all its threads, as the system counts it. */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // Behind the name, which may hold anything: state is the first field, utime and stime the 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / TICKS_PER_S;
}
