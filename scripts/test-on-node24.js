// `npm run test:node24`: the tests on Node 24, which npm brings for this one run. Native parts are built for an ABI that both share.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const line = [
  "exec",
  "--yes",
  "--package=node@24",
  "--",
  "node",
  "node_modules/vitest/vitest.mjs",
  "run",
  ...process.argv.slice(2),
];
const { status, error } = spawnSync("npm", line, { cwd: root, stdio: "inherit" });
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
