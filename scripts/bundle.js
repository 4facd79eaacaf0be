// src → dist/cli: the CLI as one chunk for each command, and those that they share, for a quick start (docs/performance.md).
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { LAG } from "./bundle/lag.js";
import { lazyRequires } from "./bundle/lazy-requires.js";
import { notices } from "./bundle/notices.js";
import { alias, englishOnly, serverStaysOutside } from "./bundle/plugins.js";
import { program } from "./bundle/program.js";

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

export async function bundle() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: file(""),
    entryPoints: { main: "scripts/bundle/cli.js", "command-not-found": "src/lib/cli/command-not-found.ts" },
    ...{ bundle: true, splitting: true, format: "esm", platform: "node", target: "node20", outdir: file("dist/cli") },
    ...{ minifySyntax: true, minifyWhitespace: true, legalComments: "none" },
    ...{ write: false, metafile: true, logLevel: "warning" },
    // oclif looks for a compiler only in development.
    external: ["typescript"],
    alias,
    plugins: [await program(), lazyRequires, serverStaysOutside, englishOnly],
  });
  await mkdir(file("dist/cli"), { recursive: true });
  await Promise.all(
    outputFiles.map(async ({ path, text }) => writeFile(path.replace(/js$/, "cjs"), await commonJs(text))),
  );
  await writeFile(file("dist/cli/LICENSES.txt"), await notices(metafile, file("")));
  for (const name of ["start.cjs", "server.cjs"])
    await copyFile(file(`scripts/bundle/${name}`), file(`dist/cli/${name}`));
  warm();
}

/** esbuild splits ESM only, and Node starts CommonJS faster. */
async function commonJs(text) {
  const options = { format: "cjs", platform: "node", target: "node20", minifyWhitespace: true, logLevel: "error" };
  const { code } = await transform(text, { ...options, supported: { "dynamic-import": false } });
  return code.replaceAll(/require\("(\.\/[^"]+)\.js"\)/g, 'require("$1.cjs")');
}

/** Without it the CLI works all the same, a little slower: no reason to fail an installation. */
function warm() {
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, DEBUG: ___, ...kept } = process.env;
  const env = { ...kept, XDG_CONFIG_HOME: "/nonexistent", CI: "true", NO_COLOR: "1" };
  try {
    const options = { env, cwd: file("dist/cli"), stdio: ["ignore", "ignore", "pipe"] };
    execFileSync(process.execPath, [file("scripts/bundle/warm.js"), file("dist/cli"), JSON.stringify(LAG)], options);
  } catch (error) {
    process.stderr.write(`The CLI was built without a code cache: ${error.message}\n`);
  }
}
