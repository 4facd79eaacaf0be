// `npm run manifest`: writes oclif.manifest.json from dist/commands. In git it shows in review what a change does to the CLI's face;
// a test compares it with the commands, and the build does not depend on it.
import { writeFileSync } from "node:fs";
import { manifestOf } from "./bundle/program.js";

const manifest = await manifestOf();
writeFileSync(new URL("../oclif.manifest.json", import.meta.url), `${JSON.stringify(manifest, null, 2)}\n`);
