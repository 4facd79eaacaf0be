// The consumers of several benches. Each endpoint has its path: /fast answers 204 at once, /slow after a second, /poison answers 500 to
// messages of the type "poison" and 204 to all others. `take` tells what came to /fast and /poison since the last time, poison left out.
import { createServer } from "node:http";
import { quantile } from "./stats.ts";

const SLOW_MS = 1_000;
let latenciesMs: number[] = [];
/** The same clock for all processes of a machine, finer than Date.now(). */
const nowMs = () => performance.timeOrigin + performance.now();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const answer = (status: number) => response.writeHead(status).end();
    if (request.url === "/slow") setTimeout(() => answer(204), SLOW_MS);
    else if (request.url === "/poison" && request.headers["event-type"] === "poison") answer(500);
    else {
      latenciesMs.push(nowMs() - sentMs(Buffer.concat(chunks)));
      answer(204);
    }
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ url: typeof address === "string" ? address : `http://127.0.0.1:${address?.port}` });
});
process.on("message", () => {
  const [count, p50Ms, p99Ms] = [latenciesMs.length, quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)];
  latenciesMs = [];
  process.send?.({ count, p50Ms, p99Ms });
});
process.on("disconnect", () => process.exit());

/** Where the payload begins with the time at which it was sent. */
function sentMs(payload: Buffer): number {
  return Number(/^\{"sentMs":([\d.]+)/.exec(payload.toString("latin1", 0, 64))?.[1] ?? Number.NaN);
}
