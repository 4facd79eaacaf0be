// Runs as a process of its own at the end of the build: lets the CLI do what it does most, then keeps what V8 compiled meanwhile.
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import v8 from "node:v8";

const [, , dist, answer] = process.argv;
const require = createRequire(import.meta.url);
const { cacheDir, chunks, load } = require(join(dist, "start.cjs"));
const LINES = [
  "--version",
  "--help",
  "topic create --help",
  "subscription lag billing --json",
  "subscription lag billing",
];

// A compilation is good only for the flags that it was made with, and the chunks are loaded before the CLI sets one.
v8.setFlagsFromString = () => undefined;

const server = createServer((_, response) =>
  response.writeHead(200, { "content-type": "application/json" }).end(answer),
);
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
process.env.KBROKER_ADMIN_URL = `http://127.0.0.1:${server.address().port}`;
for (const line of LINES) {
  process.argv = [process.execPath, "kbroker", ...line.split(" ")];
  await load("main.cjs").main(dist);
}
server.close();
server.closeAllConnections();

mkdirSync(cacheDir, { recursive: true });
for (const [name, { script }] of chunks) writeFileSync(join(cacheDir, name), script.createCachedData());
