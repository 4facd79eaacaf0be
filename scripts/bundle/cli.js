// What the bundle starts: oclif as it is, with its one plugin handed over ready made, so that it searches and reads no file.

import { hooks, loaders, manifest, pjson } from "kbroker:program";
import { execute } from "@oclif/core";

/** oclif's own logger loads `debug` and looks at the terminal for messages that nobody sees without DEBUG. */
const QUIET = Object.fromEntries(["debug", "error", "info", "trace", "warn"].map((level) => [level, () => undefined]));
const quietLogger = { ...QUIET, namespace: "oclif", child: () => quietLogger };

export async function main(root) {
  const logger = process.env.DEBUG ? {} : { logger: quietLogger };
  await execute({ loadOptions: { root, pjson, plugins: [program(root)], ...logger } });
}

function program(root) {
  const plugin = {
    _base: "",
    alias: pjson.name,
    commandIDs: Object.keys(manifest.commands),
    hasManifest: true,
    hooks,
    isRoot: true,
    manifest,
    moduleType: "module",
    name: pjson.name,
    options: { root, isRoot: true },
    pjson,
    root,
    topics: Object.entries(pjson.oclif.topics).map(([name, topic]) => ({ name, ...topic })),
    type: "core",
    valid: true,
    version: pjson.version,
    findCommand: (id) => load(plugin, id),
  };
  plugin.commands = Object.entries(manifest.commands).map(([id, command]) => {
    return { ...command, load: () => load(plugin, id) };
  });
  return plugin;
}

async function load(plugin, id) {
  const { default: command } = await loaders[id]();
  return Object.assign(command, { id, plugin });
}
