const { createHash } = require("node:crypto");
const { resolve } = require("node:path");

/** What stands for a directory on the cluster that all tests share: who comes back to the one comes back to the other. */
exports.prefixOf = (dataDir) => `t${createHash("sha256").update(resolve(dataDir)).digest("hex").slice(0, 12)}-`;
