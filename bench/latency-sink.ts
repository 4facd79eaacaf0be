// The consumers of several benches. Each endpoint has its path: /beside answers 204 after a second, /poison answers 500 to messages of the
// type "poison" and 204 to all others, any other path answers 204 at once. `take` tells how long what was taken since the last time had been
// under way, by path, in milliseconds; /beside and what was not taken left out. `count` tells how many these are.
import { createServer } from "node:http";

const SLOW_MS = 1_000;
const latenciesMs = new Map<string, number[]>();
/** The same clock for all processes of a machine, finer than Date.now(). */
const nowMs = () => performance.timeOrigin + performance.now();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const answer = (status: number) => response.writeHead(status).end();
    const { url = "" } = request;
    if (url === "/beside") setTimeout(() => answer(204), SLOW_MS);
    else if (url === "/poison" && request.headers["event-type"] === "poison") answer(500);
    else {
      note(url, nowMs() - sentMs(Buffer.concat(chunks)));
      answer(204);
    }
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ url: typeof address === "string" ? address : `http://127.0.0.1:${address?.port}` });
});
process.on("message", (question) => {
  const count = Array.from(latenciesMs.values(), ({ length }) => length).reduce((sum, each) => sum + each, 0);
  process.send?.(question === '"count"' ? { count } : Object.fromEntries(latenciesMs));
  latenciesMs.clear();
});
process.on("disconnect", () => process.exit());

function note(url: string, latencyMs: number): void {
  const known = latenciesMs.get(url) ?? [];
  latenciesMs.set(url, known);
  known.push(latencyMs);
}

/** Where the payload begins with the time at which it was sent. */
function sentMs(payload: Buffer): number {
  return Number(/^\{"sentMs":([\d.]+)/.exec(payload.toString("latin1", 0, 64))?.[1] ?? Number.NaN);
}
