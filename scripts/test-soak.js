// `npm run test:soak [steps]`: the model-based run of test/model, a million steps where none are said. KBROKER_TEST_SEED picks what happens.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const [steps = "1000000"] = process.argv.slice(2);
const root = fileURLToPath(new URL("..", import.meta.url));
const { status, error } = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "test/model"], {
  cwd: root,
  env: { ...process.env, KBROKER_TEST_STEPS: steps },
  stdio: "inherit",
});
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
