// `npm run bench:together [rounds]`: publishing 1 KB at 64 connections to a topic that nobody reads, pushing a backlog that was published
// before, and both at once on one topic; all durable, one broker, taking turns. No goal: it shows what the one costs the other.
import { admin } from "./backlog.ts";
import { runLoad } from "./load.ts";
import { ask, inDirectory, leave, serve } from "./processes.ts";
import { median } from "./stats.ts";

const [rounds = 5] = process.argv.slice(3).map(Number);
const DURATION_MS = 3_000;
const BODY = Buffer.from(JSON.stringify({ orderId: "1", note: "x".repeat(1_024 - 25) }));

interface Round {
  readonly publishAlone: number;
  readonly pushAlone: number;
  readonly publishTogether: number;
  readonly pushTogether: number;
}

await inDirectory(async (dir) => {
  const sink = await serve("latency-sink");
  const broker = await serve("publish-server", "kbroker", dir);
  await admin(broker.url, "POST", "/topics", { name: "read" });
  await admin(broker.url, "POST", "/subscriptions", { name: "reader", topic: "read", endpoint: `${sink.url}/fast` });
  const publish = (topic: string) =>
    runLoad({ url: broker.url, path: () => `/publish/${topic}`, body: BODY, connections: 64, durationMs: DURATION_MS });
  const order = (what: string) => admin(broker.url, "POST", `/subscriptions/reader/${what}`);
  const received = async () => Number((await ask(sink.child, "count")).count);

  /** How many a second arrive until all have. */
  async function drain(count: number): Promise<number> {
    const startMs = performance.now();
    for (let left = count; left > 0; left -= await received()) await new Promise((wake) => setTimeout(wake, 20));
    return (count * 1_000) / (performance.now() - startMs);
  }

  async function round(): Promise<Round> {
    const alone = await publish("orders");
    await order("pause");
    const { count } = await publish("read");
    await order("resume");
    const pushAlone = await drain(count);
    const startMs = performance.now();
    const together = await publish("read");
    const behind = together.count - (await received());
    const pushTogether = ((together.count - behind) * 1_000) / (performance.now() - startMs);
    await drain(behind);
    return { publishAlone: alone.perS, pushAlone, publishTogether: together.perS, pushTogether };
  }

  await round();
  const all: Round[] = [];
  for (let done = 0; done < rounds; done += 1) all.push(await round());
  report(all);
  await leave(broker.child, sink.child);
});

function report(all: readonly Round[]): void {
  const of = (what: keyof Round) => median(all.map((round) => round[what]));
  const line = (what: string, alone: number, together: number) =>
    `${what.padEnd(8)} alone ${alone.toFixed(0).padStart(6)}/s   together ${together.toFixed(0).padStart(6)}/s   ratio ${(together / alone).toFixed(2)}\n`;
  process.stdout.write(line("publish", of("publishAlone"), of("publishTogether")));
  process.stdout.write(line("push", of("pushAlone"), of("pushTogether")));
  process.stdout.write(`medians of ${all.length} rounds\n`);
}
