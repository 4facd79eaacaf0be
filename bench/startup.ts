// `npm run bench:startup [rounds]`: what the CLI costs over `node -e 0`. Rounds are interleaved and medians compared, so that a
// noisy machine disturbs all alike; absolute times drift by a third and mean little.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { lag } from "../test/commands/fixtures.ts";

const ROUNDS = Number(process.argv[3] ?? 31);
const PROGRAM = resolve("bin/run.js");

interface Case {
  readonly name: string;
  readonly argv: readonly string[];
  /** At most this many times the bare process. */
  readonly goal?: number;
}

const BARE: Case = { name: "node -e 0", argv: ["-e", "0"] };
const CASES: readonly Case[] = [
  BARE,
  { name: "--version", argv: [PROGRAM, "--version"], goal: 2.5 },
  { name: "--help", argv: [PROGRAM, "--help"], goal: 3 },
  { name: "subscription lag --json", argv: [PROGRAM, "subscription", "lag", "billing", "--json"], goal: 4.2 },
  { name: "subscription lag", argv: [PROGRAM, "subscription", "lag", "billing"] },
  { name: "topic create --help", argv: [PROGRAM, "topic", "create", "--help"] },
];

const server = createServer((_, response) => {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(lag()));
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;

const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, NODE_V8_COVERAGE: ___, ...env } = process.env;
Object.assign(env, { KBROKER_ADMIN_URL: `http://127.0.0.1:${port}`, XDG_CONFIG_HOME: "/nonexistent", CI: "true" });

/** Milliseconds from the start of a process to its end. A command that fails would be measured for nothing. */
function timeMs({ name, argv }: Case): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, argv, { env, cwd: "/", stdio: ["ignore", "ignore", "inherit"] });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve(performance.now() - startedMs);
      else reject(new Error(`${name} exited with ${code}`));
    });
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const times = new Map<Case, number[]>(CASES.map((one) => [one, []]));
for (const one of CASES) await timeMs(one);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [one, list] of times) list.push(await timeMs(one));
}
server.close();

const bareMs = median(times.get(BARE) ?? []);
console.log(`Node ${process.version}, ${ROUNDS} rounds, medians`);
for (const [{ name, goal }, list] of times) {
  const ratio = median(list) / bareMs;
  const verdict = goal === undefined ? "" : `goal ${goal}×  ${ratio <= goal ? "met" : "missed"}`;
  console.log(
    `${name.padEnd(26)}${median(list).toFixed(1).padStart(8)} ms${ratio.toFixed(2).padStart(7)}×  ${verdict}`,
  );
}
