// Starts the CLI out of the chunks beside it, with V8's own compilation of them where the build left one for this very Node:
// that spares a third of the time. Elsewhere Node loads them, and keeps its compilations itself if it is new enough.
const { existsSync, readFileSync } = require("node:fs");
const { isAbsolute, join } = require("node:path");
const vm = require("node:vm");

/** What V8 compiled is good for one version on one kind of machine. */
const cacheDir = join(__dirname, "cache", `${process.version}-${process.arch}`);
const chunks = new Map();

function start(root) {
  if (existsSync(cacheDir)) return load("main.cjs").main(root);
  keepCompilations(process.env);
  return require("./main.cjs").main(root);
}

/** In a directory of the user's own. Node would take one in /tmp, where others could lay compiled code for us to run. */
function keepCompilations({ XDG_CACHE_HOME: xdg = "", HOME: home = "" }) {
  const base = isAbsolute(xdg) ? xdg : home === "" ? undefined : join(home, ".cache");
  if (base !== undefined) require("node:module").enableCompileCache?.(join(base, "kbroker"));
}

/** What `require` does for a chunk, and compiles nothing that is in the cache. */
function load(name) {
  const known = chunks.get(name);
  if (known !== undefined) return known.module.exports;
  const filename = join(__dirname, name);
  const script = new vm.Script(`(function (exports, require, module) {${readFileSync(filename, "latin1")}\n})`, {
    filename,
    cachedData: cached(name),
  });
  const module = { exports: {} };
  chunks.set(name, { module, script });
  script.runInThisContext()(module.exports, (id) => (id.startsWith("./") ? load(id.slice(2)) : require(id)), module);
  return module.exports;
}

/** One that was cut off is refused by V8, which then compiles as if there were none. */
function cached(name) {
  try {
    return readFileSync(join(cacheDir, name));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

module.exports = { cacheDir, chunks, load, start };
