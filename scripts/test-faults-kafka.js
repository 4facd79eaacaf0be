// `npm run test:faults:kafka [file]`: the long forms of the faults over several nodes and several Kafka nodes. The gate runs the short ones.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const [file = "test/faults/kafka-"] = process.argv.slice(2);
const root = fileURLToPath(new URL("..", import.meta.url));
// One after the other: each has a cluster of its own.
const args = ["node_modules/vitest/vitest.mjs", "run", "--no-file-parallelism", file];
const { status, error } = spawnSync(process.execPath, args, {
  cwd: root,
  env: { ...process.env, KBROKER_TEST_FAULTS: "long" },
  stdio: "inherit",
});
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
