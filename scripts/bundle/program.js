// What oclif would search the file system for at each start, found once: the package, its commands with their flags, how to load each.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Plugin } from "@oclif/core";

const root = new URL("../..", import.meta.url);

/** The commands of `dist/commands` as `oclif.manifest.json` has them, by name: the file system gives them in any order. */
export async function manifestOf() {
  const options = { root: fileURLToPath(root), isRoot: true, ignoreManifest: true, errorOnManifestCreate: true };
  const plugin = new Plugin(options);
  await plugin.load();
  const commands = Object.entries(plugin.manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...plugin.manifest, commands: Object.fromEntries(commands) };
}

/** Answers `import … from "kbroker:program"`. */
export async function program() {
  const { name, version, description, oclif } = JSON.parse(await readFile(new URL("package.json", root), "utf8"));
  const manifest = await manifestOf();
  const loaders = Object.keys(manifest.commands).map((id) => {
    return `${JSON.stringify(id)}: () => import("./src/commands/${id.replaceAll(":", "/")}.ts")`;
  });
  const hooks = { command_not_found: [{ identifier: "default", target: "./dist/cli/command-not-found.cjs" }] };
  const contents = [
    `export const pjson = ${parsed({ name, version, description, type: "module", oclif })};`,
    `export const manifest = ${parsed(manifest)};`,
    `export const hooks = ${JSON.stringify(hooks)};`,
    `export const loaders = {${loaders.join(",\n")}};`,
  ].join("\n");
  return {
    name: "program",
    setup(build) {
      build.onResolve({ filter: /^kbroker:program$/ }, () => ({ path: "program", namespace: "kbroker" }));
      build.onLoad({ filter: /.*/, namespace: "kbroker" }, () => ({ contents, resolveDir: fileURLToPath(root) }));
    },
  };
}

/** V8 parses JSON faster than it compiles an object of that size. */
function parsed(value) {
  return `JSON.parse(${JSON.stringify(JSON.stringify(value))})`;
}
