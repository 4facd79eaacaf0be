// @oclif/core and undici's client load everything that they may ever need. Here each part is loaded when it is first used.
import { readFile } from "node:fs/promises";

const REQUIRE = String.raw`((?:__importDefault|__importStar)?\(?require\(["'][^"']+["']\)\)?)`;
const OCLIF_LOCAL = new RegExp(String.raw`^(?:const|var) (\w+_\d+) = ${REQUIRE};$`, "gm");
const OCLIF_EXPORT = new RegExp(String.raw`^exports\.(\w+) = ${REQUIRE};$`, "gm");
/** HTTP/2 brings TLS and crypto along; the client speaks it only where it is told to. */
const UNDICI_HTTP2 = new RegExp(`^const (connectH2) = ${REQUIRE}$`, "gm");
/** Compares the running Node with what @oclif/core asks for, by semver; our own package asks for a newer one. */
const NODE_CHECK = /^checkNodeVersion\(\);$/m;

export const lazyRequires = {
  name: "lazy-requires",
  setup(build) {
    const load = (filter, change) =>
      build.onLoad({ filter }, async ({ path }) => ({
        contents: change(await readFile(path, "utf8"), path),
        loader: "js",
      }));
    load(/@oclif\/core\/lib\/index\.js$/, (source) =>
      lazyExports(lazyLocals(without(source, NODE_CHECK), OCLIF_LOCAL)),
    );
    load(/@oclif\/core\/lib\/.+\.js$/, (source) => lazyLocals(source, OCLIF_LOCAL));
    load(/undici\/lib\/dispatcher\/client\.js$/, (source) => lazyLocals(found(source, UNDICI_HTTP2), UNDICI_HTTP2));
  },
};

/** `const a_1 = require("./a")` becomes a function that does it once; every `a_1` elsewhere, a call of it. */
function lazyLocals(source, pattern) {
  const names = Array.from(source.matchAll(pattern), ([, name]) => name);
  const declared = source.replaceAll(
    pattern,
    (_, name, load) => `let ${name}$; const ${name}$$ = () => (${name}$ ??= ${load});`,
  );
  return names.reduce(
    (text, name) => text.replaceAll(new RegExp(`\\b${name}\\b(?!\\$)`, "g"), () => `(${name}$$())`),
    declared,
  );
}

/** `exports.A = require("./a")` becomes a getter. */
function lazyExports(source) {
  return source.replaceAll(OCLIF_EXPORT, (_, name, load) => {
    return `let ${name}$; Object.defineProperty(exports, "${name}", { enumerable: true, get: () => (${name}$ ??= ${load}) });`;
  });
}

function without(source, pattern) {
  return found(source, pattern).replace(pattern, "");
}

/** A library that changed would silently be bundled as it is, and start slowly again. */
function found(source, pattern) {
  if (source.search(pattern) === -1)
    throw new Error(`No ${pattern} in a library that the bundle changes: has it been updated?`);
  return source;
}
