#!/usr/bin/env -S node --import tsx
// The CLI from src, without a build: for work on kbroker itself. It asks the commands themselves, not oclif.manifest.json.
const { dirname } = require("node:path");

async function main(root) {
  const { execute, Plugin } = await import("@oclif/core");
  const plugin = new Plugin({ root, isRoot: true, ignoreManifest: true });
  await plugin.load();
  await execute({ development: true, loadOptions: { root, plugins: [plugin] } });
}

main(dirname(__dirname));
