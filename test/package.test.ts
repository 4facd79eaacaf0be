import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { LAG } from "../scripts/bundle/lag.js";
import { manifestOf } from "../scripts/bundle/program.js";
import { lagReply } from "../src/lib/api/lag.ts";

const root = new URL("..", import.meta.url);
const json = (file: string) => JSON.parse(readFileSync(new URL(file, root), "utf8"));

/** The packages that a file loads, it and everything of ours behind it. */
async function packagesOf(entryPoint: string): Promise<ReadonlySet<string>> {
  const { metafile } = await build({
    ...{ absWorkingDir: fileURLToPath(root), entryPoints: [entryPoint], bundle: true, packages: "external" },
    ...{ platform: "node", format: "esm", write: false, metafile: true },
  });
  const imported = Object.values(metafile.inputs).flatMap(({ imports }) => imports.filter(({ external }) => external));
  const names = imported.map(({ path }) => path).filter((path) => !path.startsWith("node:"));
  return new Set(names.map((path) => /^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path));
}

test("what the server loads is a dependency, and nothing else is: the CLI brings its own along", async () => {
  const dependencies = new Set(Object.keys(json("package.json").dependencies));

  expect(await packagesOf("src/lib/open-broker.ts")).toEqual(dependencies);
});

test("oclif.manifest.json says what the commands say; `npm run build && npm run manifest` writes it", {
  timeout: 60_000,
}, async () => {
  expect(json("oclif.manifest.json")).toEqual(JSON.parse(JSON.stringify(await manifestOf())));
});

test("the code cache is made with a whole answer of subscription lag: another one is refused, and nothing is kept", () => {
  const whole = lagReply.parse(LAG);

  expect(whole).toEqual(LAG);
});
