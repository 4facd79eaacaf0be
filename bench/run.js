// `node bench/run.js <name>`: bundles bench/*.ts and runs the named one. Not through tsx: it gives each closure a name as it is
// made, which costs more than much of what is measured here.
import { mkdirSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const outdir = fileURLToPath(new URL("../node_modules/.cache/kbroker-bench", import.meta.url));
const entryPoints = readdirSync(here)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => here + file);

mkdirSync(outdir, { recursive: true });
await build({
  ...{ entryPoints, outdir, bundle: true, platform: "node", format: "esm", target: "node20" },
  ...{ packages: "external", outExtension: { ".js": ".mjs" }, logLevel: "error" },
});
await import(`${outdir}/${process.argv[2]}.mjs`);
