// `npm run check:prove`: plants one fault after the other in a copy of the tree and expects the checker that guards against it to
// fail and to name it. A checker that cannot fail checks nothing. Not part of `npm test`: it takes a few minutes.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const COPIED = ["src", "test", "bench", "bin", "scripts", "docs"];
const FILES = ["package.json", "tsconfig.json", "tsconfig.build.json", "biome.json", "knip.json", ".oxlintrc.json"];
const TOOLS = {
  tsc: ["typescript/bin/tsc", "--noEmit"],
  biome: ["@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."],
  oxlint: ["oxlint/bin/oxlint", "--type-aware", "src", "test"],
  knip: ["knip/bin/knip.js"],
};

const layer = (rule, file, imported) => ({
  tool: "layers",
  says: rule,
  file,
  text: `import "${imported}";\n`,
});
const FAULTS = [
  { tool: "tsc", says: "TS2322", file: "src/lib/domain/planted.ts", text: 'export const planted: number = "one";\n' },
  { tool: "biome", says: "noExplicitAny", file: "src/lib/domain/planted.ts", text: "export const planted: any = 1;\n" },
  { tool: "biome", says: "format", file: "src/lib/domain/planted.ts", text: "export const planted   =  1\n" },
  {
    tool: "oxlint",
    says: "no-floating-promises",
    file: "src/lib/domain/planted.ts",
    text: "export function planted(act: () => Promise<void>): void {\n  act();\n}\n",
  },
  {
    tool: "oxlint",
    says: "no-misused-promises",
    file: "src/lib/domain/planted.ts",
    text: "export const planted = (act: () => Promise<boolean>): number => (act() ? 1 : 2);\n",
  },
  {
    tool: "oxlint",
    says: "await-thenable",
    file: "src/lib/domain/planted.ts",
    text: "export async function planted(): Promise<number> {\n  return await 1;\n}\n",
  },
  {
    tool: "oxlint",
    says: "switch-exhaustiveness-check",
    file: "src/lib/domain/planted.ts",
    text: 'export function planted(kind: "a" | "b"): void {\n  switch (kind) {\n    case "a":\n      break;\n  }\n}\n',
  },
  {
    tool: "oxlint",
    says: "only-throw-error",
    file: "src/lib/domain/planted.ts",
    text: 'export function planted(): never {\n  throw "no error";\n}\n',
  },
  { tool: "knip", says: "planted.ts", file: "src/lib/domain/planted.ts", text: "export const planted = 1;\n" },
  layer("no-circular", "src/lib/domain/planted.ts", "./planted.ts"),
  layer("pure-layers-do-no-io", "src/lib/broker/planted.ts", "node:fs"),
  layer("domain-knows-only-domain", "src/lib/domain/planted.ts", "../api/error.ts"),
  layer("api-knows-domain", "src/lib/api/planted.ts", "../broker/every.ts"),
  layer("broker-knows-port-and-domain", "src/lib/broker/planted.ts", "../api/error.ts"),
  layer("engines-know-port-and-domain", "src/lib/engine/memory/planted.ts", "../../broker/every.ts"),
  layer("engines-never-see-each-other", "src/lib/engine/memory/planted.ts", "../embedded/engine.ts"),
  layer("outbox-knows-domain", "src/lib/outbox/planted.ts", "../broker/every.ts"),
  layer("schemas-know-domain", "src/lib/schemas/planted.ts", "../broker/every.ts"),
  layer("server-knows-broker-and-api", "src/lib/server/planted.ts", "../engine/port.ts"),
  layer("client-knows-api", "src/lib/client/planted.ts", "../broker/every.ts"),
  layer("config-knows-domain", "src/lib/config/planted.ts", "../api/error.ts"),
  layer("cli-never-touches-a-broker", "src/lib/cli/planted.ts", "../broker/every.ts"),
  layer("commands-know-the-cli-side", "src/commands/planted.ts", "../lib/broker/every.ts"),
  layer("only-broker-start-opens-a-broker", "src/commands/broker/start.ts", "../../lib/broker/every.ts"),
  layer("storage-libraries-stay-in-their-engine", "src/lib/server/planted.ts", "lmdb"),
  layer("connectors-know-their-port-and-domain", "src/lib/connectors/planted.ts", "../engine/port.ts"),
  layer("database-libraries-stay-in-connectors", "src/lib/connectors/planted.ts", "pg"),
  layer("kafka-library-stays-in-its-engine", "src/lib/server/planted.ts", "@platformatic/kafka"),
];

function copyTree() {
  const copy = mkdtempSync(join(tmpdir(), "kbroker-prove-"));
  for (const name of [...COPIED, ...FILES, ".dependency-cruiser.cjs"]) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

function runTool(tool, cwd) {
  const [script, ...args] = tool === "layers" ? ["../scripts/check-layers.js"] : TOOLS[tool];
  const { status, stdout, stderr } = spawnSync(process.execPath, [join("node_modules", script), ...args], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { failed: status !== 0, output: `${stdout}${stderr}` };
}

/** Plants one fault, runs its checker, and takes the fault out again. */
function caught(copy, { tool, says, file, text }) {
  const path = join(copy, file);
  const before = original(path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${text}${before ?? ""}`);
  const { failed, output } = runTool(tool, copy);
  if (before === undefined) rmSync(path);
  else writeFileSync(path, before);
  return failed && output.includes(says);
}

function original(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** An empty tree is "clean" for a checker that reads nothing: the layer check must notice that it saw too few modules. */
function seesTooFew(copy) {
  const config = join(copy, ".dependency-cruiser.cjs");
  const before = readFileSync(config, "utf8");
  writeFileSync(config, before.replace("options: {", 'options: {\n    exclude: "^src/lib",'));
  const { failed, output } = runTool("layers", copy);
  writeFileSync(config, before);
  return failed && output.includes("were not checked");
}

const copy = copyTree();
try {
  const results = FAULTS.map((fault) => ({ name: `${fault.tool}: ${fault.says}`, ok: caught(copy, fault) }));
  results.push({ name: "layers: fewer modules than files", ok: seesTooFew(copy) });
  for (const { name, ok } of results) process.stdout.write(`${ok ? "caught" : "MISSED"}  ${name}\n`);
  const missed = results.filter(({ ok }) => !ok).length;
  process.stdout.write(`${results.length - missed} of ${results.length} planted faults were caught.\n`);
  process.exitCode = missed === 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
