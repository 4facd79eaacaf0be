// The CLI as tsc wrote it, for the test that compares the bundle with it.
import { fileURLToPath } from "node:url";
import { execute, Plugin } from "@oclif/core";

const root = fileURLToPath(new URL("..", import.meta.url));
const plugin = new Plugin({ root, isRoot: true, ignoreManifest: true });
await plugin.load();
await execute({ loadOptions: { root, plugins: [plugin] } });
