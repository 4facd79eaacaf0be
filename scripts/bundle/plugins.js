// How the bundle differs from its sources, apart from src/commands, which it takes as they are.
import { fileURLToPath } from "node:url";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Ours in place of a library's index that loads much more than is used. */
export const alias = { undici: here("undici.js"), "wsl-utils": here("wsl-utils.js") };

/** `broker start` loads the server as tsc wrote it, with its dependencies from node_modules: it is ESM, and native in part. */
export const serverStaysOutside = {
  name: "server-stays-outside",
  setup(build) {
    build.onResolve({ filter: /\/open-broker\.ts$/ }, () => ({ path: "../cli/server.cjs", external: true }));
  },
};

/** zod has its messages in forty languages, half of its size. English is the one that it falls back to. */
export const englishOnly = {
  name: "english-only",
  setup(build) {
    const contents = 'export { default as en } from "./en.js";';
    build.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ contents }));
  },
};
