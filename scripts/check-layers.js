// Runs dependency-cruiser over src and fails as well when it saw suspiciously few modules: a checker that reads nothing finds nothing.
import { readdirSync } from "node:fs";
import { cruise } from "dependency-cruiser";
import extractConfig from "dependency-cruiser/config-utl/extract-depcruise-config";
import extractTsConfig from "dependency-cruiser/config-utl/extract-ts-config";

const config = await extractConfig("./.dependency-cruiser.cjs");
const ruleSet = { forbidden: config.forbidden };
const options = { ...config.options, ruleSet, validate: true, outputType: "err" };
const { output, exitCode } = await cruise(["src"], options, undefined, { tsConfig: extractTsConfig("tsconfig.json") });

const sources = readdirSync("src", { recursive: true }).filter((file) => String(file).endsWith(".ts"));
const seen = Number(/(\d+) modules/.exec(String(output))?.[1] ?? 0);
process.stdout.write(String(output));
if (seen < sources.length) {
  process.stdout.write(
    `dependency-cruiser saw ${seen} modules, but src holds ${sources.length} files: the layers were not checked.\n`,
  );
  process.exitCode = 1;
} else process.exitCode = exitCode;
